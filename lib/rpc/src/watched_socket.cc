#include "watched_socket.h"

#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "socket_functions.h"

namespace carillon::rpc {
namespace {

/// What is read at once of a connection that brings much work.
constexpr size_t kSomeBytes = 4096;
/// A read that brings no more work than this was light.
constexpr uint64_t kLight = 4;

/// GOAWAY of HTTP/2 with ENHANCE_YOUR_CALM, for who logs why a connection ended.
std::string Goaway(std::string_view words) {
  const size_t length = 8 + words.size();
  std::string frame = {0, static_cast<char>(length >> 8), static_cast<char>(length), 7, 0};
  frame.append(8, '\0');  // the connection, and a last stream of 0: nothing is promised
  frame.append({0, 0, 0, 11});
  return frame.append(words);
}

std::string_view Words(CloseReason reason) {
  switch (reason) {
    case CloseReason::kFlood:
      return "what came looks like a flood";
    case CloseReason::kMemory:
      return "the publishing port is short of memory";
    case CloseReason::kCalls:
      return "the publishing port has too many calls open";
    case CloseReason::kGaveWay:
      return "an idle connection gave way to another";
  }
  return "";
}

/// `now` becomes what one connection has, `own`, and is made up for in `sum`; whether it grew past
/// `most`.
bool Move(size_t now, size_t& own, std::atomic<int64_t>& sum, size_t most) {
  if (now == own) return false;
  const int64_t more = static_cast<int64_t>(now) - static_cast<int64_t>(own);
  own = now;
  const int64_t all = sum.fetch_add(more, std::memory_order_relaxed) + more;
  return more > 0 && all > static_cast<int64_t>(most);
}

}  // namespace

WatchedSockets::Socket::Socket(WatchedSockets& owner, int fd, std::string peer, ReadTurns& turns)
    : owner_(owner),
      fd_(fd),
      peer_(std::move(peer)),
      turns_(turns),
      watch_(owner.options_.frames),
      quiet_since_(owner.clock_.Mono()) {
  const base::MutexLock lock(mutex_);
  Reckon();
}

WatchedSockets::Socket::~Socket() {
  turns_.Forget(fd_, owner_.clock_.Mono());
  const base::MutexLock lock(mutex_);
  Release();
  Leave(0);
}

ssize_t WatchedSockets::Socket::Receive(msghdr* message, int flags) {
  if (!MayRead() || Pauses()) {
    errno = EAGAIN;
    return -1;
  }
  const ssize_t n = ReceiveSome(message, flags);
  if (n <= 0 || Received(*message, static_cast<size_t>(n))) return n;
  errno = ECONNRESET;
  return -1;
}

void WatchedSockets::Socket::Sent(const msghdr& message, size_t bytes) {
  const base::MutexLock lock(mutex_);
  if (doomed_) return;
  for (size_t i = 0; i < message.msg_iovlen && bytes > 0; ++i) {
    const size_t n = std::min(bytes, message.msg_iov[i].iov_len);
    watch_.Sent({static_cast<const char*>(message.msg_iov[i].iov_base), n});
    bytes -= n;
  }
  const bool busy = streams_ > 0;
  Reckon();
  if (busy && streams_ == 0) quiet_since_ = owner_.clock_.Mono();
}

size_t WatchedSockets::Socket::Share(CloseReason reason) const {
  const base::MutexLock lock(mutex_);
  if (doomed_) return 0;
  return reason == CloseReason::kCalls ? streams_ : cost_;
}

std::optional<base::MonoTime> WatchedSockets::Socket::quiet_since() const {
  const base::MutexLock lock(mutex_);
  int unread = 0;  // what waits for a busy server is no silence of the client's
  if (doomed_ || streams_ > 0 || ::ioctl(fd_, FIONREAD, &unread) != 0 || unread > 0) {
    return std::nullopt;
  }
  return quiet_since_;
}

bool WatchedSockets::Socket::ShutDown(CloseReason reason) {
  const base::MutexLock lock(mutex_);
  if (doomed_) return false;
  doomed_ = true;
  turns_.Forget(fd_, owner_.clock_.Mono());
  Leave(cost_);
  Release();  // others must not go for what this one had, while gRPC takes its time
  const std::string frame = Goaway(Words(reason));
  iovec part{.iov_base = const_cast<char*>(frame.data()), .iov_len = frame.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  // Not through our own `sendmsg`: it would tell this connection, under this mutex.
  (void)!syscall(SYS_sendmsg, fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  ::shutdown(fd_, SHUT_RDWR);
  return true;
}

void WatchedSockets::Socket::Look() {
  const base::MutexLock lock(mutex_);
  if (doomed_ && std::exchange(looked_at_, true)) Leave(0);
}

bool WatchedSockets::Socket::Pauses() {
  if (!owner_.Crowded()) [[likely]]
    return false;
  return Share(CloseReason::kMemory) >= kMuch && owner_.Pause(fd_);
}

bool WatchedSockets::Socket::MayRead() {
  if (turns_.Free(fd_)) [[likely]]
    return true;
  const base::MonoTime now = owner_.clock_.Mono();
  if (int unread = 0; ::ioctl(fd_, FIONREAD, &unread) != 0 || unread == 0) {
    turns_.Forget(fd_, now);  // nothing, or its end, which does not cost others a thing
    return true;
  }
  return turns_.Ask(fd_, PublisherPolls(), now, light_.load());
}

ssize_t WatchedSockets::Socket::ReceiveSome(msghdr* message, int flags) {
  if (!owner_.several_.load(std::memory_order_relaxed) || light_.load() ||
      message->msg_iovlen == 0) {
    return RealRecvmsg(Caller::kLibrary, fd_, message, flags);
  }
  iovec first = message->msg_iov[0];
  first.iov_len = std::min(first.iov_len, kSomeBytes);
  msghdr some = *message;
  some.msg_iov = &first;
  some.msg_iovlen = 1;
  const ssize_t n = RealRecvmsg(Caller::kLibrary, fd_, &some, flags);
  message->msg_namelen = some.msg_namelen;
  message->msg_controllen = some.msg_controllen;
  message->msg_flags = some.msg_flags;
  return n;
}

bool WatchedSockets::Socket::Received(const msghdr& message, size_t bytes) {
  FrameWatch::Verdict verdict = FrameWatch::Verdict::kFine;
  std::optional<CloseReason> over;
  {
    const base::MutexLock lock(mutex_);
    if (doomed_) return false;
    const base::MonoTime now = owner_.clock_.Mono();
    for (size_t i = 0; i < message.msg_iovlen && bytes > 0; ++i) {
      const size_t n = std::min(bytes, message.msg_iov[i].iov_len);
      const std::string_view part(static_cast<const char*>(message.msg_iov[i].iov_base), n);
      verdict = watch_.Received(part, now);
      if (verdict != FrameWatch::Verdict::kFine) break;
      bytes -= n;
    }
    Worked();
    over = Reckon();
  }
  if (verdict != FrameWatch::Verdict::kFine) {
    const base::MutexLock lock(owner_.mutex_);
    owner_.ShutDown(*this, CloseReason::kFlood, verdict);
    return false;
  }
  if (over) [[unlikely]] {
    owner_.CloseGreatest(*over);
    const base::MutexLock lock(mutex_);
    return !doomed_;
  }
  return true;
}

void WatchedSockets::Socket::Worked() {
  const uint64_t more = watch_.work() - std::exchange(work_, watch_.work());
  light_.store(more <= kLight && work_ > 0);
  if (more > 0 && owner_.several_.load(std::memory_order_relaxed)) {
    turns_.Took(static_cast<uint32_t>(more));
  }
}

void WatchedSockets::Socket::Release() {
  owner_.cost_ -= static_cast<int64_t>(std::exchange(cost_, 0));
  owner_.streams_ -= static_cast<int64_t>(std::exchange(streams_, 0));
  owner_.large_heads_ -= static_cast<int64_t>(std::exchange(large_heads_, 0));
}

void WatchedSockets::Socket::Leave(size_t bytes) {
  owner_.leaving_ += static_cast<int64_t>(bytes) - static_cast<int64_t>(leaving_);
  leaving_ = bytes;
}

std::optional<CloseReason> WatchedSockets::Socket::Reckon() {
  std::optional<CloseReason> over;
  if (Move(watch_.open_streams(), streams_, owner_.streams_, owner_.options_.max_calls)) {
    over = CloseReason::kCalls;
  }
  Move(watch_.large_heads(), large_heads_, owner_.large_heads_, SIZE_MAX >> 1);
  if (Move(watch_.cost(), cost_, owner_.cost_, owner_.options_.max_bytes)) {
    over = CloseReason::kMemory;
  }
  return over;
}

}  // namespace carillon::rpc
