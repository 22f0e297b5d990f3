#include "socket_functions.h"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "watched_socket.h"
#include "watched_sockets.h"

#if defined(__has_feature)
#define CARILLON_THREAD_SANITIZER __has_feature(thread_sanitizer)
#elif defined(__SANITIZE_THREAD__)
#define CARILLON_THREAD_SANITIZER 1
#else
#define CARILLON_THREAD_SANITIZER 0
#endif
#if CARILLON_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

extern "C" {
// The functions of the C library as a sanitizer wraps them.
[[gnu::weak]] ssize_t __interceptor_recvmsg(int fd, msghdr* message, int flags);
[[gnu::weak]] ssize_t __interceptor_sendmsg(int fd, const msghdr* message, int flags);
[[gnu::weak]] int __interceptor_close(int fd);
[[gnu::weak]] int __interceptor_epoll_wait(int epoll, epoll_event* events, int most, int timeout);
// The bounds of the program's own code, by the linker.
extern const char __executable_start;
extern const char etext;
}

namespace carillon::rpc {
namespace {

/// What the publishers' sockets are waited for with, and how often they were.
std::atomic<int> g_epoll{-1};
std::atomic<uint64_t> g_polls{1};
thread_local bool t_reads = false;

/// `address`: what a function returns to.
Caller CallerAt(const void* address) {
  const char* const at = static_cast<const char*>(address);
  return at >= &__executable_start && at < &etext ? Caller::kProgram : Caller::kLibrary;
}

/// Whether a sanitizer is to hear of the call. gRPC is not instrumented: the thread sanitizer sees
/// none of its locks, and told of its reads, writes and descriptors it would report races that are
/// none. Left alone it leaves out what libraries call (`called_from_lib` in tests/tsan.supp), but
/// here it would take the call for the program's.
bool Told(Caller caller) {
#if CARILLON_THREAD_SANITIZER
  return caller == Caller::kProgram;
#else
  return true;
#endif
}

// gRPC closes a descriptor when none of its threads uses it any more. Its own locks see to that, of
// which the thread sanitizer sees nothing: these two tell it.
/// A call with the socket is done.
void Used([[maybe_unused]] WatchedSockets::Socket* socket) {
#if CARILLON_THREAD_SANITIZER
  __tsan_release(socket);
#endif
}
/// No other thread uses the socket, now or later.
void LastUse([[maybe_unused]] WatchedSockets::Socket* socket) {
#if CARILLON_THREAD_SANITIZER
  __tsan_acquire(socket);
#endif
}

ssize_t RealSendmsg(Caller caller, int fd, const msghdr* message, int flags) {
  if (__interceptor_sendmsg != nullptr && Told(caller)) {
    return __interceptor_sendmsg(fd, message, flags);
  }
  return syscall(SYS_sendmsg, fd, message, flags);
}

int RealClose(Caller caller, int fd) {
  if (__interceptor_close != nullptr && Told(caller)) return __interceptor_close(fd);
  return static_cast<int>(syscall(SYS_close, fd));
}

int RealEpollWait(Caller caller, int epoll, epoll_event* events, int most, int timeout) {
  if (__interceptor_epoll_wait != nullptr && Told(caller)) {
    return __interceptor_epoll_wait(epoll, events, most, timeout);
  }
  return static_cast<int>(syscall(SYS_epoll_pwait, epoll, events, most, timeout, nullptr, 0));
}

}  // namespace

ssize_t RealRecvmsg(Caller caller, int fd, msghdr* message, int flags) {
  if (__interceptor_recvmsg != nullptr && Told(caller)) {
    return __interceptor_recvmsg(fd, message, flags);
  }
  return syscall(SYS_recvmsg, fd, message, flags);
}

void PublishersAreReadHere() { t_reads = true; }

uint64_t PublisherPolls() { return g_polls.load(std::memory_order_relaxed); }

// The linker takes a program's own symbols first, for its shared libraries too.
extern "C" {

[[gnu::visibility("default")]] ssize_t recvmsg(int fd, msghdr* message, int flags) {
  WatchedSockets::Socket* const socket =
      (flags & (MSG_ERRQUEUE | MSG_PEEK)) != 0 ? nullptr : WatchedSockets::Find(fd);
  if (socket == nullptr) {
    return RealRecvmsg(CallerAt(__builtin_return_address(0)), fd, message, flags);
  }
  const ssize_t n = socket->Receive(message, flags);
  Used(socket);
  return n;
}

[[gnu::visibility("default")]] ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  WatchedSockets::Socket* const socket = WatchedSockets::Find(fd);
  const ssize_t n = RealSendmsg(CallerAt(__builtin_return_address(0)), fd, message, flags);
  if (n > 0 && socket != nullptr) {
    socket->Sent(*message, static_cast<size_t>(n));
    Used(socket);
  }
  return n;
}

[[gnu::visibility("default")]] int epoll_wait(int epoll, epoll_event* events, int most,
                                              int timeout) {
  if (t_reads && g_epoll.load(std::memory_order_relaxed) != epoll) g_epoll = epoll;
  const int n = RealEpollWait(CallerAt(__builtin_return_address(0)), epoll, events, most, timeout);
  // Not before: another thread may have a socket reported again while this one waits.
  if (g_epoll.load(std::memory_order_relaxed) == epoll) {
    g_polls.fetch_add(1, std::memory_order_relaxed);
  }
  return n;
}

[[gnu::visibility("default")]] int close(int fd) {
  if (WatchedSockets::Socket* const socket = WatchedSockets::Find(fd)) {
    LastUse(socket);
    WatchedSockets::Closed(fd);
  }
  return RealClose(CallerAt(__builtin_return_address(0)), fd);
}

}  // extern "C"
}  // namespace carillon::rpc
