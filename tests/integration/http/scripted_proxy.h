#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace carillon::http {

inline const std::string kConnected = "HTTP/1.1 200 Connection established\r\n\r\n";

/// A forward proxy on 127.0.0.1. `answer` is asked for the bytes that answer a head; where they are
/// kConnected, the connection is carried on to the address that the head names.
class TestProxy {
 public:
  using Answer = std::function<std::string(const std::string& head)>;

  explicit TestProxy(Answer answer = [](const std::string&) { return kConnected; });
  ~TestProxy();

  uint16_t port() const { return port_; }
  /// Every head that came, in order.
  std::vector<std::string> heads();

 private:
  void AcceptAll();
  void Serve(int client);
  /// Bytes both ways until one side ends.
  void Carry(int client, int target);

  const Answer answer_;
  uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<std::string> heads_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace carillon::http
