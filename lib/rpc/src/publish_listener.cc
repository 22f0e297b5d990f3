#include "publish_listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace carillon::rpc {
namespace {

constexpr int kSecondMs = 1000;
constexpr int kPauseMs = 100;
constexpr int kAtOnce = 64;  ///< connections taken before others are looked at
constexpr std::chrono::seconds kLeastIdle{5};

void SetOption(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof(value));
}

/// Who is counted together: an IPv4 address, 64 bits of an IPv6 one.
std::string PeerOf(const sockaddr_storage& storage) {
  char text[INET6_ADDRSTRLEN] = "?";
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
    return text;
  }
  in6_addr address = reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    inet_ntop(AF_INET, &address.s6_addr[12], text, sizeof(text));
    return text;
  }
  std::memset(&address.s6_addr[8], 0, 8);
  inet_ntop(AF_INET6, &address, text, sizeof(text));
  return std::string(text) + "/64";
}

int PortOf(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
  return ntohs(storage.ss_family == AF_INET
                   ? reinterpret_cast<const sockaddr_in&>(storage).sin_port
                   : reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
}

/// A listening socket, or -1 with errno.
int Listen(const addrinfo& info, int port) {
  sockaddr_storage storage{};
  std::memcpy(&storage, info.ai_addr, info.ai_addrlen);
  const bool v6 = info.ai_family == AF_INET6;
  if (v6) {
    reinterpret_cast<sockaddr_in6&>(storage).sin6_port = htons(static_cast<uint16_t>(port));
  } else {
    reinterpret_cast<sockaddr_in&>(storage).sin_port = htons(static_cast<uint16_t>(port));
  }
  const int fd = ::socket(info.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  SetOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (v6) SetOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);  // [::] is every address, as it always was
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&storage), info.ai_addrlen) == 0 &&
      ::listen(fd, SOMAXCONN) == 0) {
    return fd;
  }
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

}  // namespace

PublishListener::PublishListener(Options options, WatchedSockets& sockets, log::Logger& logger)
    : options_(std::move(options)), sockets_(sockets), logger_(logger) {}

PublishListener::~PublishListener() {
  Stop();
  CloseListeners();
}

absl::Status PublishListener::Bind(const std::string& address) {
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  port_ = std::stoi(address.substr(colon + 1));
  // Every address of the machine, as gRPC's own listener takes it; without IPv6, those of IPv4.
  int error = host == "0.0.0.0" ? BindHost("::") : BindHost(host);
  if (error != 0 && error != EADDRINUSE && host == "0.0.0.0") error = BindHost(host);
  if (error == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot listen on ", address, ": ",
                                             std::strerror(error),
                                             "; is the port taken by another process?"));
}

int PublishListener::BindHost(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), "0", &hints, &found) != 0) return EADDRNOTAVAIL;
  int error = EADDRNOTAVAIL;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    const int fd = Listen(*info, port_);
    if (fd < 0) {
      error = errno;
      continue;
    }
    listeners_.push_back(fd);
    port_ = PortOf(fd);
  }
  ::freeaddrinfo(found);
  return listeners_.empty() ? error : 0;
}

void PublishListener::Start(std::unique_ptr<Acceptor> acceptor, std::function<void()> second) {
  acceptor_ = std::move(acceptor);
  second_ = std::move(second);
  {
    const base::MutexLock lock(hand_over_mutex_);
    handing_over_ = true;
  }
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "accept");
    Run();
  });
}

void PublishListener::Stop() {
  if (!thread_.joinable()) return;
  {
    const base::MutexLock lock(hand_over_mutex_);
    handing_over_ = false;
  }
  ::eventfd_write(wake_, 1);
  thread_.join();
  ::close(wake_);
  CloseListeners();
}

void PublishListener::CloseListeners() {
  for (const int fd : listeners_) ::close(fd);
  listeners_.clear();
}

void PublishListener::Run() {
  std::vector<pollfd> polled{{.fd = wake_, .events = POLLIN, .revents = 0}};
  for (const int fd : listeners_) polled.push_back({.fd = fd, .events = POLLIN, .revents = 0});
  auto next = std::chrono::steady_clock::now() + std::chrono::milliseconds(kSecondMs);
  while (true) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= next) {
      second_();
      next = now + std::chrono::milliseconds(kSecondMs);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now);
    const nfds_t count = out_of_descriptors_ ? 1 : polled.size();
    const int wait = out_of_descriptors_ ? kPauseMs : static_cast<int>(left.count());
    ::poll(polled.data(), count, std::max(0, wait));
    if ((polled[0].revents & POLLIN) != 0) return;
    out_of_descriptors_ = false;
    for (size_t i = 1; i < polled.size(); ++i) {
      for (int n = 0; n < kAtOnce && Accept(polled[i].fd); ++n) {
      }
    }
  }
}

bool PublishListener::Accept(int listener) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  const int fd = ::accept4(listener, reinterpret_cast<sockaddr*>(&storage), &size,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    out_of_descriptors_ = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    if (!out_of_descriptors_) return errno == ECONNABORTED || errno == EINTR;
    // One that is idle is worth less than one that wants to come in.
    sockets_.GiveWay("", kLeastIdle);
    logger_.Limited("publisher descriptors")
        .Warn("a publisher waits for its connection: no descriptors are left",
              {{"error", std::strerror(errno)}});
    return false;
  }
  const std::string peer = PeerOf(storage);
  SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (options_.user_timeout.count() > 0) {
    SetOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(options_.user_timeout.count()));
  }
  if (!options_.begin_tls) {
    HandOver(listener, fd, peer);
  } else if (!options_.begin_tls(fd, peer)) {
    Refuse(fd, peer);
  }
  return true;
}

bool PublishListener::HandOver(int listener, int fd, const std::string& peer) {
  const base::MutexLock lock(hand_over_mutex_);
  if (!handing_over_ || !HasRoom(peer) || !sockets_.Add(fd, peer)) {
    Refuse(fd, peer);
    return false;
  }
  Acceptor::NewConnectionParameters parameters;
  parameters.listener_fd = listener;
  parameters.fd = fd;
  acceptor_->HandleNewConnection(&parameters);
  return true;
}

void PublishListener::Refuse(int fd, const std::string& peer) {
  refused_.fetch_add(1, std::memory_order_relaxed);
  logger_.Limited("publisher connections")
      .Warn("a publisher's connection is refused: there are too many",
            {{"peer", peer}, {"connections", sockets_.connections()}});
  ::close(fd);
}

bool PublishListener::HasRoom(const std::string& peer) {
  // One that gives way leaves its place within moments: the bound is passed by as many for so long.
  if (sockets_.connections(peer) >= options_.max_connections_per_peer &&
      !sockets_.GiveWay(peer, kLeastIdle)) {
    return false;
  }
  return sockets_.connections() < options_.max_connections || sockets_.GiveWay("", kLeastIdle);
}

}  // namespace carillon::rpc
