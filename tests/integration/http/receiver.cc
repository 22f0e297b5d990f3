#include "receiver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>

namespace carillon::http {
namespace {

int Listen(const std::string& address, uint16_t& port) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &at.sin_addr);
  socklen_t size = sizeof(at);
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&at), size) != 0 || listen(fd, 512) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
    std::abort();
  }
  port = ntohs(at.sin_port);
  return fd;
}

size_t ContentLength(const std::string& head) {
  const size_t at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 16, nullptr, 10);
}

}  // namespace

Peer::Peer(int fd, int number, SSL_CTX* tls) : fd_(fd), number_(number) {
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (tls == nullptr) return;
  ssl_ = SSL_new(tls);
  SSL_set_fd(ssl_, fd_);
}

Peer::~Peer() {
  if (ssl_ != nullptr) {
    if (!silent_) SSL_shutdown(ssl_);
    SSL_free(ssl_);
  }
  close(fd_);
}

bool Peer::Accept() { return ssl_ == nullptr || SSL_accept(ssl_) == 1; }

ssize_t Peer::Read(char* into, size_t size) {
  if (ssl_ != nullptr) return SSL_read(ssl_, into, static_cast<int>(size));
  return recv(fd_, into, size, 0);
}

std::string Peer::ReadRequest() {
  char buffer[4096];
  while (true) {
    const size_t end = pending_.find("\r\n\r\n");
    if (end != std::string::npos) {
      const size_t whole = end + 4 + ContentLength(pending_.substr(0, end + 2));
      if (pending_.size() >= whole) {
        std::string request = pending_.substr(0, whole);
        pending_.erase(0, whole);
        return request;
      }
    }
    const ssize_t n = Read(buffer, sizeof(buffer));
    if (n <= 0) return "";
    pending_.append(buffer, static_cast<size_t>(n));
  }
}

bool Peer::ReadSome() {
  char buffer[4096];
  return Read(buffer, sizeof(buffer)) > 0;
}

void Peer::ReadToEnd() {
  char buffer[4096];
  while (Read(buffer, sizeof(buffer)) > 0) {
  }
}

bool Peer::Send(const std::string& bytes) {
  if (ssl_ != nullptr) {
    return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return false;
    sent += static_cast<size_t>(n);
  }
  return true;
}

void Peer::HalfClose() { shutdown(fd_, SHUT_WR); }

void Peer::Reset() {
  const linger hard{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
  silent_ = true;  // closing does the rest
}

void Peer::Interrupt() { shutdown(fd_, SHUT_RDWR); }

Receiver::Receiver(Script script, SSL_CTX* tls, const std::string& address, uint16_t port)
    : script_(std::move(script)), tls_(tls), port_(port), listener_(Listen(address, port_)) {
  acceptor_ = std::thread([this] { AcceptAll(); });
}

Receiver::~Receiver() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& peer : peers_) {
      if (peer) peer->Interrupt();
    }
  }
  stopped_.notify_all();
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

bool Receiver::Pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !stopped_.wait_for(lock, time, [this] { return stopping_; });
}

void Receiver::AcceptAll() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0 && errno == EMFILE) {  // a test wants it so, for a moment
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    const std::lock_guard lock(mutex_);
    if (fd < 0) return;
    if (stopping_) {
      close(fd);
      return;
    }
    peers_.push_back(std::make_unique<Peer>(fd, connections_++, tls_));
    Peer& peer = *peers_.back();
    threads_.emplace_back([this, &peer] { Serve(peer); });
  }
}

void Receiver::Serve(Peer& peer) {
  if (peer.Accept()) script_(peer);
  const std::lock_guard lock(mutex_);
  peers_[static_cast<size_t>(peer.number())].reset();
}

Receiver::Script AnswerAll(std::string answer) {
  return [answer = std::move(answer)](Peer& peer) {
    while (!peer.ReadRequest().empty() && peer.Send(answer)) {
    }
  };
}

Receiver::Script AnswerAndClose(std::string answer) {
  return [answer = std::move(answer)](Peer& peer) {
    if (!peer.ReadRequest().empty()) peer.Send(answer);
  };
}

Receiver::Script AnswerAndHold(std::string answer) {
  return [answer = std::move(answer)](Peer& peer) {
    if (!peer.ReadRequest().empty() && peer.Send(answer)) peer.ReadToEnd();
  };
}

}  // namespace carillon::http
