#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace carillon::journal {

/// Keeps other processes out of a data folder while it lives (flock on `<folder>/lock`; let go by
/// the system when the process dies, however it dies).
///
/// The file also tells whether a store was ever made beside it: "making" until then, "used" from
/// then on; earlier versions left it empty.
class FolderLock {
 public:
  /// Makes the folder when absent. FAILED_PRECONDITION: another process has it.
  static absl::StatusOr<FolderLock> Take(const std::string& folder);
  /// The lock of a folder that is only looked at: makes nothing. NOT_FOUND: there is no lock file.
  static absl::StatusOr<FolderLock> TakeExisting(const std::string& folder);
  FolderLock(FolderLock&& other) noexcept { *this = std::move(other); }
  FolderLock& operator=(FolderLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(making_, other.making_);
    return *this;
  }
  ~FolderLock();

  /// No store was made yet since the file was.
  bool making() const { return making_; }
  /// A store is there from now on; durable when it returns, where the disk has room.
  void SetUsed();

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  static absl::StatusOr<FolderLock> Lock(const std::string& folder, int fd);

  int fd_ = -1;
  bool making_ = false;
};

std::string LockPath(const std::string& folder);

}  // namespace carillon::journal
