#include "line_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace carillon::cli {
namespace {

constexpr size_t kMaxLine = 24u << 20;
constexpr size_t kReadBytes = 256 * 1024;
constexpr int kLingerMs = 20;

}  // namespace

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(const std::string& path) {
  const int fd = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--file: cannot read ", path, ": ", std::strerror(errno)));
  }
  return std::unique_ptr<LineReader>(new LineReader(fd));
}

LineReader::~LineReader() {
  if (fd_ != STDIN_FILENO) close(fd_);
}

bool LineReader::MoreComesSoon() const {
  pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, kLingerMs) > 0;
}

/// Reads a piece more. False: the end.
bool LineReader::Fill() {
  buffer_.erase(0, at_);
  scanned_ -= at_;
  at_ = 0;
  const size_t before = buffer_.size();
  buffer_.resize(before + kReadBytes);
  ssize_t got = 0;
  do {
    got = read(fd_, buffer_.data() + before, kReadBytes);
  } while (got < 0 && errno == EINTR);
  buffer_.resize(before + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  ended_ = got <= 0;
  return !ended_;
}

/// Moves one line out of the buffer. False: there is no whole one in it.
bool LineReader::TakeLine(Chunk& out) {
  size_t end = buffer_.find('\n', scanned_);
  if (end == std::string::npos) {
    scanned_ = buffer_.size();
    if (scanned_ - at_ > kMaxLine) {
      dropping_ = true;
      at_ = scanned_;
    }
    if (!ended_ || (at_ == buffer_.size() && !dropping_)) return false;
    end = buffer_.size();
  }
  const std::string_view text = std::string_view(buffer_).substr(at_, end - at_);
  ++number_;
  if (dropping_ || text.find_first_not_of(" \t\r") != std::string_view::npos) {
    out.lines.push_back({.number = number_,
                         .begin = out.bytes.size(),
                         .length = dropping_ ? 0 : text.size(),
                         .too_long = dropping_});
    if (!dropping_) out.bytes.append(text);
  }
  dropping_ = false;
  at_ = scanned_ = std::min(end + 1, buffer_.size());
  return true;
}

bool LineReader::Next(size_t most, size_t max_bytes, Chunk& out) {
  out.bytes.clear();
  out.lines.clear();
  while (out.lines.size() < most && out.bytes.size() < max_bytes) {
    if (TakeLine(out)) continue;
    if (ended_ || (!out.lines.empty() && !MoreComesSoon())) break;
    Fill();
  }
  return !out.lines.empty();
}

}  // namespace carillon::cli
