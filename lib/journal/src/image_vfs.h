#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"

namespace carillon::journal {

/// A file system of SQLite with one file in it, which can only be read: `size` bytes that `read`
/// gives (offset, where to, how many; never beyond the end). Registered while it lives, which must
/// be longer than any connection that uses it.
class ImageVfs {
 public:
  using Read = std::function<absl::Status(uint64_t offset, char* to, size_t bytes)>;

  ImageVfs(uint64_t size, Read read);
  ~ImageVfs();
  ImageVfs(const ImageVfs&) = delete;
  ImageVfs& operator=(const ImageVfs&) = delete;

  const char* name() const { return name_.c_str(); }
  uint64_t size() const { return size_; }
  const Read& read() const { return read_; }

 private:
  const uint64_t size_;
  const Read read_;
  const std::string name_;
  sqlite3_vfs vfs_;
};

}  // namespace carillon::journal
