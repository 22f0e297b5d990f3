#include "file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace carillon::journal {

absl::StatusOr<FileBytes> FileBytes::Open(const std::string& path) {
  FileBytes file;
  file.path_ = path;
  file.fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info{};
  if (file.fd_ < 0 || fstat(file.fd_, &info) != 0) {
    const int why = errno;
    const std::string text = absl::StrCat(path, ": ", std::strerror(why));
    if (why == ENOENT || why == ENOTDIR) return absl::NotFoundError(text);
    if (why == EACCES || why == EPERM) return absl::PermissionDeniedError(text);
    return absl::UnavailableError(text);
  }
  if (!S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is not a regular file"));
  }
  file.size_ = static_cast<uint64_t>(info.st_size);
  return file;
}

FileBytes& FileBytes::operator=(FileBytes&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(size_, other.size_);
  return *this;
}

FileBytes::~FileBytes() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<size_t> FileBytes::Read(uint64_t offset, char* to, size_t bytes) const {
  size_t done = 0;
  while (done < bytes && fd_ >= 0) {
    const ssize_t n = pread(fd_, to + done, bytes - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return absl::UnavailableError(absl::StrCat(path_, ": ", std::strerror(errno)));
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  std::memset(to + done, 0, bytes - done);
  return done;
}

}  // namespace carillon::journal
