#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "carillon/net/egress.h"
#include "response_head.h"
#include "stream.h"

namespace carillon::http {

/// The head that asks `proxy` for a tunnel to an address.
std::string ConnectHead(const net::Proxy& proxy, const boost::asio::ip::tcp::endpoint& to);

/// Asks a proxy, over a stream that leads to it, for a tunnel. On success the stream leads on. What
/// the proxy answers is bounded by `max_head_bytes`, interim answers included.
class Tunnel final : public StreamUser, public std::enable_shared_from_this<Tunnel> {
 public:
  struct Result {
    model::Outcome outcome = model::Outcome::kSuccess;
    std::string error;
    bool other_may_do = false;  ///< the failure says nothing of another address
  };
  /// Called once, from the event loop, unless cancelled before.
  using Done = std::function<void(Result)>;

  Tunnel(std::shared_ptr<Stream> stream, size_t max_head_bytes, Done done);

  void Ask(std::string head);
  /// `done` will not be called. The stream is left to its owner.
  void Cancel() { done_ = nullptr; }

  void OnRead(ErrorCode ec, size_t bytes) override;
  void OnWritten(ErrorCode) override {}  // an error shows in the read, too

 private:
  void Listen();
  void OnBytes(std::string_view bytes);
  void Judge(int status, bool has_more);
  void Finish(Result result);

  const std::shared_ptr<Stream> stream_;
  const size_t max_head_bytes_;
  size_t head_bytes_ = 0;  // of interim answers
  ResponseHead head_;
  std::array<char, 1024> buffer_;
  Done done_;
};

}  // namespace carillon::http
