#include "file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace carillon::config {
namespace {

constexpr size_t kChunkBytes = 64 << 10;

/// Reads to the end, or one byte past the bound. `expected_bytes` is how long the file seems to be:
/// of a text that is kept for long, no more room is kept than it needs.
absl::Status ReadAll(int fd, size_t max_bytes, size_t expected_bytes, std::string& text) {
  size_t size = 0;
  while (size <= max_bytes) {
    if (size == text.size()) {
      const size_t more = size == 0 ? expected_bytes + 1 : std::max(kChunkBytes, size);
      text.resize(std::min(max_bytes + 1, size + more));
    }
    const ssize_t n = ::read(fd, text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      return absl::UnavailableError(absl::StrCat("cannot be read: ", std::strerror(errno)));
    }
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  text.resize(size);
  if (size > max_bytes) {
    return absl::InvalidArgumentError(absl::StrCat("is larger than ", max_bytes, " bytes"));
  }
  return absl::OkStatus();
}

}  // namespace

FileIdentity FileIdentity::Of(const struct stat& info) {
  return {info.st_dev, info.st_ino, info.st_size,
          int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
}

FileIdentity FileIdentity::Look(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 ? Of(info) : FileIdentity{};
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes, struct stat* info) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    return absl::NotFoundError(absl::StrCat("cannot be opened: ", std::strerror(errno)));
  }
  struct stat opened{};
  absl::Status status = absl::InvalidArgumentError("is not a regular file");
  std::string text;
  if (::fstat(fd, &opened) == 0 && S_ISREG(opened.st_mode)) {
    status = ReadAll(fd, max_bytes, static_cast<size_t>(opened.st_size), text);
  }
  ::close(fd);
  if (!status.ok()) return status;
  if (info != nullptr) *info = opened;
  return text;
}

}  // namespace carillon::config
