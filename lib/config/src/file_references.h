#pragma once

#include <map>
#include <string>
#include <vector>

#include "carillon/config/config_file.h"
#include "carillon/resource/references.h"

namespace carillon::config {

/// The files and variables of this process, for a configuration file that names them; remembers
/// which files those were, so that they can be watched.
class FileReferences final : public resource::References {
 public:
  explicit FileReferences(Secrets secrets) : secrets_(secrets) {}

  bool Reads() const override { return secrets_ == Secrets::kRead; }
  void Skip() override { ++skipped_; }
  absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) override;
  absl::StatusOr<const char*> ReadVariable(const std::string& name) override;

  size_t skipped() const { return skipped_; }
  /// As they were when they were read, or could not be; the first 10,000.
  std::vector<WatchedFile> TakeFiles();

 private:
  const Secrets secrets_;
  size_t skipped_ = 0;
  std::map<std::string, FileIdentity> files_;  // by path
};

}  // namespace carillon::config
