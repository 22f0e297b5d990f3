#pragma once

#include <cstdint>
#include <string>

namespace carillon::http {

/// An address and port on which connecting neither succeeds nor fails: its backlog is full.
class SilentPort {
 public:
  /// Port 0: any.
  explicit SilentPort(const std::string& address = "127.0.0.1", uint16_t port = 0);
  ~SilentPort();
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  uint16_t port() const { return port_; }

 private:
  int listener_;
  int fillers_[4];
  uint16_t port_;
};

}  // namespace carillon::http
