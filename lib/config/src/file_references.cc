#include "file_references.h"

#include <cstdlib>
#include <utility>

#include "file.h"

namespace carillon::config {

absl::StatusOr<std::string> FileReferences::ReadFile(const std::string& path, size_t max_bytes) {
  constexpr size_t kMostFiles = 10'000;
  struct stat info{};
  absl::StatusOr<std::string> text = config::ReadFile(path, max_bytes, &info);
  // One that can't be read is looked at when it is another.
  const FileIdentity seen = text.ok() ? FileIdentity::Of(info) : FileIdentity::Look(path);
  if (files_.size() < kMostFiles) files_.try_emplace(path, seen);
  return text;
}

absl::StatusOr<const char*> FileReferences::ReadVariable(const std::string& name) {
  return std::getenv(name.c_str());
}

std::vector<WatchedFile> FileReferences::TakeFiles() {
  std::vector<WatchedFile> files;
  for (auto& [path, identity] : files_) files.push_back({path, identity});
  files_.clear();
  return files;
}

}  // namespace carillon::config
