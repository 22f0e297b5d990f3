#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/config/watched_file.h"
#include "pem_texts.h"

namespace carillon::config {

/// Where a member stands: `destinations[2].keys[0].secret`. A chain on the stack, written out only
/// when an error needs it; a path must not outlive the one it was made from.
class Path {
 public:
  Path() = default;  ///< the whole file
  Path Member(std::string_view name) const { return Path(this, name, -1); }
  Path At(int index) const { return Path(this, {}, index); }
  /// `(file)` for the whole file.
  std::string ToString() const;

 private:
  Path(const Path* parent, std::string_view name, int index)
      : parent_(parent), name_(name), index_(index) {}

  const Path* parent_ = nullptr;
  std::string_view name_;
  int index_ = -1;
};

/// Collects errors, up to a bound; what follows is passed over. No error repeats a value that could
/// be a secret, whatever member it stands in: values are repeated only where they are well-formed
/// names, numbers, or one of a closed list.
///
/// Goes wherever a file is read, so it also carries whether secrets are (a file is checked where
/// its secrets are not), and the PEM texts that were read so far.
class Errors {
 public:
  static constexpr size_t kMax = 10;

  explicit Errors(bool read_secrets = true) : read_secrets_(read_secrets) {}

  /// False: what is named by `_file` and `_env` members is neither read nor checked, and `Skip`
  /// counts it.
  bool read_secrets() const { return read_secrets_; }
  void Skip() { ++skipped_; }
  size_t skipped() const { return skipped_; }

  PemTexts& pem_texts() { return pem_texts_; }

  /// A file that is named was read, or could not be. The first 10,000 are remembered.
  void Saw(WatchedFile file);
  std::vector<WatchedFile> TakeFiles();

  /// What looks like a secret in `message` is blotted out. Passed over when there is an error at
  /// `path`, above or below it already: it would be the same mistake told twice.
  void Add(const Path& path, std::string_view message);

  /// From here on errors at `path` say that its value comes from this variable.
  void ComesFrom(const Path& path, std::string variable);

  bool empty() const { return lines_.empty(); }
  bool full() const { return lines_.size() >= kMax; }
  /// One a line.
  std::string ToString() const;

 private:
  struct Line {
    std::string path;
    std::string text;
  };
  bool read_secrets_;
  size_t skipped_ = 0;
  std::vector<Line> lines_;
  PemTexts pem_texts_;
  std::map<std::string, FileIdentity> files_;     ///< by path
  std::map<std::string, std::string> variables_;  ///< by path
};

}  // namespace carillon::config
