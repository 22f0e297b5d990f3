#include "socket_wake.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace carillon::rpc {
namespace {

constexpr int kPatienceMs = 1000;

class OwnedFd {
 public:
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;
  ~OwnedFd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  const int fd_;
};

/// Whether `epoll` reports something within the time.
bool Reported(int epoll, int patience_ms) {
  epoll_event event{};
  return ::epoll_wait(epoll, &event, 1, patience_ms) == 1 && (event.events & EPOLLIN) != 0;
}

}  // namespace

bool WakeSocket(int fd) {
  int unread = 0;
  if (::ioctl(fd, FIONREAD, &unread) != 0 || unread == 0) return false;
  // The kernel looks whether there is as much to read as is asked for now.
  const int bytes = 1;
  return ::setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes)) == 0;
}

bool CanWakeSockets() {
  const OwnedFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const OwnedFd sender(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const OwnedFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  if (::bind(listener.get(), any, size) != 0 || ::listen(listener.get(), 1) != 0 ||
      ::getsockname(listener.get(), any, &size) != 0 || ::connect(sender.get(), any, size) != 0) {
    return false;
  }
  const OwnedFd receiver(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {}};
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, receiver.get(), &event) != 0 ||
      ::send(sender.get(), "x", 1, MSG_NOSIGNAL) != 1 || !Reported(epoll.get(), kPatienceMs) ||
      Reported(epoll.get(), 0)) {
    return false;
  }
  return WakeSocket(receiver.get()) && Reported(epoll.get(), 0);
}

}  // namespace carillon::rpc
