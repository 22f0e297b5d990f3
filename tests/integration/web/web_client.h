#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

namespace carillon::web {

/// A blocking connection to the server.
class Client {
 public:
  explicit Client(uint16_t port) : Client(port, socket(AF_INET, SOCK_STREAM, 0)) {}
  Client(uint16_t port, int fd) : fd_(fd) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&at), sizeof(at)), 0);
    const timeval limit{300, 0};  // what hangs is found by the limit of the whole program
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  int fd() const { return fd_; }
  uint16_t port() const {
    sockaddr_in at{};
    socklen_t size = sizeof(at);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    return ntohs(at.sin_port);
  }
  void Send(const std::string& bytes) {
    for (size_t sent = 0; sent < bytes.size();) {
      const ssize_t n = send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return;
      sent += static_cast<size_t>(n);
    }
  }
  size_t CountToEnd() {
    std::vector<char> into(64 * 1024);
    size_t seen = 0;
    ssize_t n = 0;
    while ((n = recv(fd_, into.data(), into.size(), 0)) > 0) seen += static_cast<size_t>(n);
    EXPECT_TRUE(n == 0 || errno == ECONNRESET) << "the connection stays open";
    return seen;
  }
  /// Until `end` was read, or the server closed.
  std::string ReadUntil(const std::string& end) {
    std::string seen;
    char c;
    while (!seen.ends_with(end) && recv(fd_, &c, 1, 0) == 1) seen += c;
    return seen;
  }
  /// Until the server closed; fails where it does not.
  std::string ReadToEnd() {
    std::string seen;
    std::vector<char> into(64 * 1024);
    ssize_t n = 0;
    while ((n = recv(fd_, into.data(), into.size(), 0)) > 0) {
      seen.append(into.data(), static_cast<size_t>(n));
    }
    EXPECT_TRUE(n == 0 || errno == ECONNRESET) << "the connection stays open";
    return seen;
  }

 private:
  const int fd_;
};

}  // namespace carillon::web
