#pragma once

#include <cstdint>
#include <string>

struct stat;

namespace carillon::config {

/// What tells without reading whether a file was changed or replaced; that of no file is all zero.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t changed_ns = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;

  static FileIdentity Of(const struct stat& info);
  /// Of the file that `path` leads to now, through links.
  static FileIdentity Look(const std::string& path);
};

/// A file that a configuration names (a secret, a certificate), as it was when it was read.
struct WatchedFile {
  std::string path;
  FileIdentity identity;
};

}  // namespace carillon::config
