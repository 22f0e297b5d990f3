#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace carillon::journal {

/// Keeps other processes out of a data folder while it lives (flock on `<folder>/lock`; let go by
/// the system when the process dies, however it dies).
class FolderLock {
 public:
  /// Makes the folder when absent. FAILED_PRECONDITION: another process has it.
  static absl::StatusOr<FolderLock> Take(const std::string& folder);
  FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FolderLock& operator=(FolderLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FolderLock();

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace carillon::journal
