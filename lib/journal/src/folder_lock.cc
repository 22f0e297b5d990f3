#include "folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace carillon::journal {
namespace {

namespace fs = std::filesystem;

absl::Status CannotUse(const std::string& folder, const std::string& why) {
  return absl::FailedPreconditionError(
      absl::StrCat("cannot use the data folder ", folder, ": ", why,
                   "; check that it can be made and written by this user"));
}

/// Makes the folder, for its owner only, and its entry in the folder above durable.
absl::Status MakeFolder(const std::string& folder) {
  std::error_code error;
  if (fs::is_directory(folder, error)) return absl::OkStatus();
  fs::create_directories(folder, error);
  if (error) return CannotUse(folder, error.message());
  fs::permissions(folder, fs::perms::owner_all, error);
  const fs::path above = fs::absolute(folder).lexically_normal().parent_path();
  const int fd = open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    fsync(fd);
    close(fd);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FolderLock> FolderLock::Take(const std::string& folder) {
  if (absl::Status made = MakeFolder(folder); !made.ok()) return made;
  const std::string path = folder + "/lock";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return CannotUse(folder, std::strerror(errno));
  FolderLock lock(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return CannotUse(folder, std::strerror(errno));
  return absl::FailedPreconditionError(absl::StrCat(
      "the data folder ", folder,
      " is in use by another process: stop that one, or give this one another folder"));
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace carillon::journal
