#include "folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace carillon::journal {
namespace {

namespace fs = std::filesystem;

// Of the same length: one is written over the other.
constexpr char kMaking[] = "making\n";
constexpr char kUsed[] = "used  \n";
static_assert(sizeof(kMaking) == sizeof(kUsed));

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

/// Makes the lock file with its text in it at once: a file of that name without a text is one that
/// an earlier version left. When it fails, the file is opened, or made, as it is.
void MakeLockFile(const std::string& path) {
  std::string making = path + ".XXXXXX";
  const int fd = mkostemp(making.data(), O_CLOEXEC);
  if (fd < 0) return;
  fchmod(fd, 0600);
  const bool written = write(fd, kMaking, sizeof(kMaking) - 1) == sizeof(kMaking) - 1;
  close(fd);
  if (written) static_cast<void>(!link(making.c_str(), path.c_str()));
  unlink(making.c_str());
}

}  // namespace

std::string LockPath(const std::string& folder) { return folder + "/lock"; }

absl::StatusOr<FolderLock> FolderLock::Take(const std::string& folder) {
  if (absl::Status made = MakeFolder(folder); !made.ok()) return made;
  const std::string path = LockPath(folder);
  int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) {
    MakeLockFile(path);
    fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  }
  if (fd < 0) return CannotUse(folder, std::strerror(errno));
  return Lock(folder, fd);
}

absl::StatusOr<FolderLock> FolderLock::TakeExisting(const std::string& folder) {
  const int fd = open(LockPath(folder).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
    return absl::NotFoundError(absl::StrCat("there is no lock file in ", folder));
  }
  if (fd < 0) return CannotUse(folder, std::strerror(errno));
  return Lock(folder, fd);
}

absl::StatusOr<FolderLock> FolderLock::Lock(const std::string& folder, int fd) {
  FolderLock lock(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return CannotUse(folder, std::strerror(errno));
    return absl::FailedPreconditionError(absl::StrCat(
        "the data folder ", folder,
        " is in use by another process: stop that one, or give this one another folder"));
  }
  char note[sizeof(kMaking) - 1] = {};
  const ssize_t n = pread(fd, note, sizeof(note), 0);
  lock.making_ = n == sizeof(note) && std::memcmp(note, kMaking, sizeof(note)) == 0;
  return lock;
}

void FolderLock::SetUsed() {
  char note[sizeof(kUsed) - 1] = {};
  const ssize_t n = pread(fd_, note, sizeof(note), 0);
  if (n == sizeof(note) && std::memcmp(note, kUsed, sizeof(note)) == 0) return;
  fchmod(fd_, 0600);
  if (pwrite(fd_, kUsed, sizeof(kUsed) - 1, 0) > 0) fdatasync(fd_);
  making_ = false;
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace carillon::journal
