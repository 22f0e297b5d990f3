#include "loopback_pair.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace carillon::rpc {
namespace {

constexpr int kBacklog = 64;
/// Connections of others that are turned away before it is given up.
constexpr int kMostStrangers = 1000;

sockaddr_in Loopback() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

absl::Status Failed(absl::StatusCode code, const char* what) {
  return absl::Status(
      code, absl::StrCat("no connection inside the process: ", what, ": ", std::strerror(errno)));
}

uint16_t LocalPort(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  const bool ok = ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  return ok ? ntohs(address.sin_port) : 0;
}

void NoDelay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

}  // namespace

LoopbackPairs::~LoopbackPairs() {
  if (listener_ >= 0) ::close(listener_);
}

absl::Status LoopbackPairs::Open() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback();
  if (listener_ < 0 ||
      ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener_, kBacklog) != 0) {
    return Failed(absl::StatusCode::kUnavailable, "listen");
  }
  return absl::OkStatus();
}

absl::StatusOr<LoopbackPairs::Pair> LoopbackPairs::Make() {
  Pair pair;
  pair.near = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (pair.near < 0) return Failed(absl::StatusCode::kResourceExhausted, "socket");
  sockaddr_in address = Loopback();
  address.sin_port = htons(LocalPort(listener_));
  // To this machine's own listener: it is there when this returns.
  if (::connect(pair.near, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    const absl::Status status = Failed(absl::StatusCode::kResourceExhausted, "connect");
    ::close(pair.near);
    return status;
  }
  pair.near_port = LocalPort(pair.near);
  for (int i = 0; i < kMostStrangers; ++i) {
    sockaddr_in from{};
    socklen_t size = sizeof(from);
    pair.far = ::accept4(listener_, reinterpret_cast<sockaddr*>(&from), &size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (pair.far < 0 && errno != EINTR && errno != ECONNABORTED) break;
    if (pair.far < 0) continue;
    if (ntohs(from.sin_port) == pair.near_port && from.sin_addr.s_addr == htonl(INADDR_LOOPBACK)) {
      NoDelay(pair.near);
      NoDelay(pair.far);
      return pair;
    }
    ::close(pair.far);  // another process's
  }
  const absl::Status status = Failed(absl::StatusCode::kResourceExhausted, "accept");
  ::close(pair.near);
  return status;
}

}  // namespace carillon::rpc
