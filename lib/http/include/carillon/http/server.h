#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace carillon::http {

struct ServerRequest {
  std::string method;
  std::string target;  ///< path and query
  std::string body;
};

struct ServerReply {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string allow;  ///< the methods allowed, where another came (405)
};

struct ServerOptions {
  /// One more takes the place of the one on which nothing has happened for longest.
  size_t max_connections = 256;
  size_t max_reply_bytes = 64u << 20;  ///< that wait to be read by slow readers; as above
  std::chrono::milliseconds request_timeout{5'000};  ///< from its first byte, or the connection's
                                                     ///< beginning, to its last
  std::chrono::milliseconds reply_timeout{10'000};   ///< until all of it was read
  std::chrono::milliseconds idle{30'000};            ///< from an answer to the next request
};

/// A small HTTP/1.1 server for the admin port: keep-alive, bodies of at most 64 KiB, heads of 8
/// KiB, and the bounds above. What is over a bound or not HTTP is answered (413, 431, 400) and the
/// connection closed. `handler` is called on the thread that runs `io`; what it throws is answered
/// with 500.
///
/// A new connection is always served: half-sent, idle and stuck ones give way to it, also when the
/// process runs out of descriptors.
class Server {
 public:
  /// `address` is `HOST:PORT` or `[V6]:PORT`, numeric; port 0 takes any free one.
  /// INVALID_ARGUMENT for a wrong address, UNAVAILABLE when it cannot be bound.
  static absl::StatusOr<std::unique_ptr<Server>> Listen(
      boost::asio::io_context& io, const std::string& address,
      std::function<ServerReply(const ServerRequest&)> handler, const ServerOptions& options = {});
  /// As `Stop`.
  virtual ~Server() = default;
  virtual uint16_t port() const = 0;
  /// Stops listening and closes every connection; on the thread that runs `io`.
  virtual void Stop() = 0;
};

}  // namespace carillon::http
