#include "scripted_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace carillon::http {
namespace {

constexpr int kTickMs = 20;

sockaddr_in Loopback(const std::string& address, uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &to.sin_addr);
  return to;
}

bool IsReadable(int fd) {
  pollfd one{fd, POLLIN, 0};
  return poll(&one, 1, kTickMs) > 0;
}

/// Connects to what follows `CONNECT `: `127.0.0.1:80`. -1 when it cannot.
int ConnectTo(const std::string& head) {
  const size_t begin = head.find(' ') + 1;
  const size_t colon = head.find(':', begin);
  if (colon == head.npos) return -1;
  const sockaddr_in to = Loopback(head.substr(begin, colon - begin),
                                  static_cast<uint16_t>(std::atoi(head.c_str() + colon + 1)));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0) return fd;
  close(fd);
  return -1;
}

}  // namespace

TestProxy::TestProxy(Answer answer) : answer_(std::move(answer)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in here = Loopback("127.0.0.1", 0);
  socklen_t size = sizeof(here);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&here), size) != 0 ||
      listen(listener_, 64) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size) != 0) {
    std::abort();
  }
  port_ = ntohs(here.sin_port);
  acceptor_ = std::thread([this] { AcceptAll(); });
}

TestProxy::~TestProxy() {
  stopping_ = true;
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

std::vector<std::string> TestProxy::heads() {
  const std::lock_guard lock(mutex_);
  return heads_;
}

void TestProxy::AcceptAll() {
  while (!stopping_) {
    if (!IsReadable(listener_)) continue;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) threads_.emplace_back([this, client] { Serve(client); });
  }
}

void TestProxy::Serve(int client) {
  std::string head;
  while (!stopping_ && head.find("\r\n\r\n") == head.npos) {
    if (!IsReadable(client)) continue;
    char byte = 0;
    if (recv(client, &byte, 1, 0) <= 0) break;
    head += byte;
  }
  {
    const std::lock_guard lock(mutex_);
    heads_.push_back(head);
  }
  const std::string answer = answer_(head);
  const int target = answer == kConnected ? ConnectTo(head) : -1;
  send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
  if (target >= 0) {
    Carry(client, target);
    close(target);
  } else if (answer.empty()) {
    while (!stopping_ && !IsReadable(client)) {
    }
  }
  close(client);
}

void TestProxy::Carry(int client, int target) {
  std::array<char, 4096> bytes;
  while (!stopping_) {
    std::array<pollfd, 2> both{{{client, POLLIN, 0}, {target, POLLIN, 0}}};
    if (poll(both.data(), both.size(), kTickMs) <= 0) continue;
    for (size_t i = 0; i < 2; ++i) {
      if (both[i].revents == 0) continue;
      const ssize_t n = recv(both[i].fd, bytes.data(), bytes.size(), 0);
      if (n <= 0) return;
      if (send(both[1 - i].fd, bytes.data(), static_cast<size_t>(n), MSG_NOSIGNAL) != n) return;
    }
  }
}

}  // namespace carillon::http
