#include "watched_sockets.h"

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace carillon::server {
namespace {

std::array<std::atomic<WatchedSockets::Socket*>, WatchedSockets::kMaxFd> g_sockets{};
std::atomic<WatchedSockets*> g_owner{nullptr};
/// What the sockets are waited for with, and how often they were; begins with 1.
std::atomic<int> g_epoll{-1};
std::atomic<uint64_t> g_polls{1};
thread_local bool t_reads = false;

/// So many connections of one address take no turns: with at most 128 calls each they cannot hold
/// one another up for long, and what is read together is written together.
constexpr size_t kFew = 16;
/// What is read at once of a connection that brings much work.
constexpr size_t kSomeBytes = 4096;
/// A read that brings no more work than this was light.
constexpr uint64_t kLight = 4;

// The functions of the C library as the kernel has them, or as a sanitizer wraps them.
extern "C" {
[[gnu::weak]] ssize_t __interceptor_recvmsg(int fd, msghdr* message, int flags);
[[gnu::weak]] ssize_t __interceptor_sendmsg(int fd, const msghdr* message, int flags);
[[gnu::weak]] int __interceptor_close(int fd);
[[gnu::weak]] int __interceptor_epoll_wait(int epoll, epoll_event* events, int most, int timeout);
}

ssize_t RealRecvmsg(int fd, msghdr* message, int flags) {
  if (__interceptor_recvmsg != nullptr) return __interceptor_recvmsg(fd, message, flags);
  return syscall(SYS_recvmsg, fd, message, flags);
}

ssize_t RealSendmsg(int fd, const msghdr* message, int flags) {
  if (__interceptor_sendmsg != nullptr) return __interceptor_sendmsg(fd, message, flags);
  return syscall(SYS_sendmsg, fd, message, flags);
}

int RealClose(int fd) {
  if (__interceptor_close != nullptr) return __interceptor_close(fd);
  return static_cast<int>(syscall(SYS_close, fd));
}

int RealEpollWait(int epoll, epoll_event* events, int most, int timeout) {
  if (__interceptor_epoll_wait != nullptr) {
    return __interceptor_epoll_wait(epoll, events, most, timeout);
  }
  return static_cast<int>(syscall(SYS_epoll_pwait, epoll, events, most, timeout, nullptr, 0));
}

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

}  // namespace

/// One connection. Its figures are under its own mutex; the owner's mutex is taken before it.
class WatchedSockets::Socket {
 public:
  Socket(WatchedSockets& owner, int fd, std::string peer, ReadTurns& turns)
      : owner_(owner),
        fd_(fd),
        peer_(std::move(peer)),
        turns_(turns),
        watch_(owner.options_.frames),
        quiet_since_(owner.clock_.Mono()) {
    Reckon();
  }
  ~Socket() {
    turns_.Forget(fd_, owner_.clock_.Mono());
    Release();
  }

  /// As `recvmsg`, of a socket that does not block.
  ssize_t Receive(msghdr* message, int flags) {
    if (!MayRead()) {
      errno = EAGAIN;
      return -1;
    }
    const ssize_t n = ReceiveSome(message, flags);
    if (n <= 0 || Received(*message, static_cast<size_t>(n))) return n;
    errno = ECONNRESET;
    return -1;
  }

  void Sent(const msghdr& message, size_t bytes) {
    std::lock_guard lock(mutex_);
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

  const std::string& peer() const { return peer_; }
  /// How much it has of what there is too much of; 0: it is closed already.
  size_t Share(CloseReason reason) const {
    std::lock_guard lock(mutex_);
    if (doomed_) return 0;
    return reason == CloseReason::kCalls ? streams_ : cost_;
  }
  /// Since when it has had no call; nullopt: it has one, or is closed already.
  std::optional<base::MonoTime> quiet_since() const {
    std::lock_guard lock(mutex_);
    int unread = 0;  // what waits for a busy server is no silence of the client's
    if (doomed_ || streams_ > 0 || ::ioctl(fd_, FIONREAD, &unread) != 0 || unread > 0) {
      return std::nullopt;
    }
    return quiet_since_;
  }

  /// Ends the connection: gRPC sees that, and closes the descriptor. False: it was ended before.
  bool ShutDown(CloseReason reason) {
    std::lock_guard lock(mutex_);
    if (doomed_) return false;
    doomed_ = true;
    turns_.Forget(fd_, owner_.clock_.Mono());
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

 private:
  /// Whether it is its turn.
  bool MayRead() {
    if (turns_.Free(fd_)) [[likely]]
      return true;
    const base::MonoTime now = owner_.clock_.Mono();
    if (int unread = 0; ::ioctl(fd_, FIONREAD, &unread) != 0 || unread == 0) {
      turns_.Forget(fd_, now);  // nothing, or its end, which does not cost others a thing
      return true;
    }
    return turns_.Ask(fd_, g_polls.load(std::memory_order_relaxed), now, light_.load());
  }

  /// Where others wait, no more than a turn can hold of what brings much work.
  ssize_t ReceiveSome(msghdr* message, int flags) {
    if (!owner_.several_.load(std::memory_order_relaxed) || light_.load() ||
        message->msg_iovlen == 0) {
      return RealRecvmsg(fd_, message, flags);
    }
    iovec first = message->msg_iov[0];
    first.iov_len = std::min(first.iov_len, kSomeBytes);
    msghdr some = *message;
    some.msg_iov = &first;
    some.msg_iovlen = 1;
    const ssize_t n = RealRecvmsg(fd_, &some, flags);
    message->msg_namelen = some.msg_namelen;
    message->msg_controllen = some.msg_controllen;
    message->msg_flags = some.msg_flags;
    return n;
  }

  /// False: the connection is at its end.
  bool Received(const msghdr& message, size_t bytes) {
    FrameWatch::Verdict verdict = FrameWatch::Verdict::kFine;
    std::optional<CloseReason> over;
    {
      std::lock_guard lock(mutex_);
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
      std::lock_guard lock(owner_.mutex_);
      owner_.ShutDown(*this, CloseReason::kFlood, verdict);
      return false;
    }
    if (over) [[unlikely]] {
      owner_.CloseGreatest(*over);
      std::lock_guard lock(mutex_);
      return !doomed_;
    }
    return true;
  }

  /// Tells the turns what a read brought.
  void Worked() {
    const uint64_t more = watch_.work() - std::exchange(work_, watch_.work());
    light_.store(more <= kLight && work_ > 0);
    if (more > 0 && owner_.several_.load(std::memory_order_relaxed)) {
      turns_.Took(static_cast<uint32_t>(more));
    }
  }

  /// Takes this one out of the owner's sums.
  void Release() {
    owner_.cost_ -= static_cast<int64_t>(std::exchange(cost_, 0));
    owner_.streams_ -= static_cast<int64_t>(std::exchange(streams_, 0));
    owner_.large_heads_ -= static_cast<int64_t>(std::exchange(large_heads_, 0));
  }

  /// Brings the owner's sums up to date; which of them is over its bound now that this one grew.
  std::optional<CloseReason> Reckon() {
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

  /// `now` becomes what this one has, and is made up for in `sum`; whether it grew past `most`.
  static bool Move(size_t now, size_t& own, std::atomic<int64_t>& sum, size_t most) {
    if (now == own) return false;
    const int64_t more = static_cast<int64_t>(now) - static_cast<int64_t>(own);
    own = now;
    const int64_t all = sum.fetch_add(more, std::memory_order_relaxed) + more;
    return more > 0 && all > static_cast<int64_t>(most);
  }

  WatchedSockets& owner_;
  const int fd_;
  const std::string peer_;
  ReadTurns& turns_;  ///< the peer's
  std::atomic<bool> light_{false};
  mutable std::mutex mutex_;
  FrameWatch watch_;
  uint64_t work_ = 0;  ///< that the turns were told
  size_t cost_ = 0;
  size_t streams_ = 0;
  size_t large_heads_ = 0;
  bool doomed_ = false;
  base::MonoTime quiet_since_;
};

WatchedSockets::WatchedSockets(Options options, const base::Clock& clock)
    : options_(std::move(options)), clock_(clock), takes_turns_(CanWakeSockets()) {
  g_owner = this;
}

WatchedSockets::~WatchedSockets() {
  std::lock_guard lock(mutex_);
  for (const auto& [fd, socket] : sockets_) g_sockets[static_cast<size_t>(fd)] = nullptr;
  g_owner = nullptr;
}

bool WatchedSockets::Add(int fd, std::string peer) {
  if (fd < 0 || fd >= kMaxFd) return false;
  std::lock_guard lock(mutex_);
  Peer& of = peers_[peer];
  ++of.connections;
  ++connections_;
  auto socket = std::make_unique<Socket>(*this, fd, std::move(peer), of.turns);
  g_sockets[static_cast<size_t>(fd)].store(socket.get(), std::memory_order_release);
  sockets_[fd] = std::move(socket);
  several_ = takes_turns_ && (peers_.size() > 1 || sockets_.size() > kFew);
  return true;
}

bool WatchedSockets::GiveWay(std::string_view peer, std::chrono::nanoseconds least) {
  std::lock_guard lock(mutex_);
  base::MonoTime oldest = clock_.Mono() - least;
  Socket* idle = nullptr;
  for (const auto& [fd, socket] : sockets_) {
    if (!peer.empty() && socket->peer() != peer) continue;
    const auto since = socket->quiet_since();
    if (!since || *since > oldest) continue;
    oldest = *since;
    idle = socket.get();
  }
  if (idle == nullptr) return false;
  ShutDown(*idle, CloseReason::kGaveWay, FrameWatch::Verdict::kFine);
  return true;
}

size_t WatchedSockets::connections(const std::string& peer) const {
  std::lock_guard lock(mutex_);
  const auto found = peers_.find(peer);
  return found == peers_.end() ? 0 : found->second.connections;
}

void WatchedSockets::CloseGreatest(CloseReason reason) {
  std::lock_guard lock(mutex_);
  Socket* greatest = nullptr;
  size_t most = 0;
  for (const auto& [fd, socket] : sockets_) {
    const size_t share = socket->Share(reason);
    if (share <= most) continue;
    most = share;
    greatest = socket.get();
  }
  if (greatest != nullptr) ShutDown(*greatest, reason, FrameWatch::Verdict::kFine);
}

void WatchedSockets::ShutDown(Socket& socket, CloseReason reason, FrameWatch::Verdict verdict) {
  if (socket.ShutDown(reason) && options_.on_close) {
    options_.on_close(reason, verdict, socket.peer());
  }
}

void WatchedSockets::Remove(int fd) {
  std::lock_guard lock(mutex_);
  const auto found = sockets_.find(fd);
  if (found == sockets_.end()) return;
  g_sockets[static_cast<size_t>(fd)] = nullptr;
  const auto peer = peers_.find(found->second->peer());
  sockets_.erase(found);
  if (--peer->second.connections == 0) peers_.erase(peer);
  several_ = takes_turns_ && (peers_.size() > 1 || sockets_.size() > kFew);
  --connections_;
}

void WatchedSockets::Look() {
  std::lock_guard lock(mutex_);
  const base::MonoTime now = clock_.Mono();
  for (auto& [name, peer] : peers_) peer.turns.Look(now);
}

void WatchedSockets::ReadHere() { t_reads = true; }

WatchedSockets::Socket* WatchedSockets::Find(int fd) {
  if (fd < 0 || fd >= kMaxFd) return nullptr;
  return g_sockets[static_cast<size_t>(fd)].load(std::memory_order_acquire);
}

void WatchedSockets::Closed(int fd) {
  if (WatchedSockets* const owner = g_owner.load()) owner->Remove(fd);
}

}  // namespace carillon::server

// What the whole program calls, its shared libraries included: the linker takes a program's own
// symbols first.
extern "C" {

[[gnu::visibility("default")]] ssize_t recvmsg(int fd, msghdr* message, int flags) {
  using carillon::server::WatchedSockets;
  WatchedSockets::Socket* const socket =
      (flags & (MSG_ERRQUEUE | MSG_PEEK)) != 0 ? nullptr : WatchedSockets::Find(fd);
  if (socket == nullptr) return carillon::server::RealRecvmsg(fd, message, flags);
  return socket->Receive(message, flags);
}

[[gnu::visibility("default")]] ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  using carillon::server::WatchedSockets;
  WatchedSockets::Socket* const socket = WatchedSockets::Find(fd);
  const ssize_t n = carillon::server::RealSendmsg(fd, message, flags);
  if (n > 0 && socket != nullptr) socket->Sent(*message, static_cast<size_t>(n));
  return n;
}

[[gnu::visibility("default")]] int epoll_wait(int epoll, epoll_event* events, int most,
                                              int timeout) {
  using carillon::server::g_epoll;
  if (carillon::server::t_reads && g_epoll.load(std::memory_order_relaxed) != epoll) {
    g_epoll = epoll;
  }
  const int n = carillon::server::RealEpollWait(epoll, events, most, timeout);
  // Not before: another thread may have a socket reported again while this one waits.
  if (g_epoll.load(std::memory_order_relaxed) == epoll) {
    carillon::server::g_polls.fetch_add(1, std::memory_order_relaxed);
  }
  return n;
}

[[gnu::visibility("default")]] int close(int fd) {
  using carillon::server::WatchedSockets;
  if (WatchedSockets::Find(fd) != nullptr) WatchedSockets::Closed(fd);
  return carillon::server::RealClose(fd);
}

}  // extern "C"
