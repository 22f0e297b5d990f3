#pragma once

#include <boost/asio/io_context.hpp>
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

/// A small HTTP/1.1 server for the admin port: keep-alive, bodies of at most 64 KiB, heads of 8
/// KiB, 256 connections, 30 s for a request or between two. What is over a bound or not HTTP is
/// answered (413, 431, 400) and the connection closed. `handler` is called on the thread that runs
/// `io`; what it throws is answered with 500.
class Server {
 public:
  /// `address` is `HOST:PORT` or `[V6]:PORT`, numeric; port 0 takes any free one.
  /// INVALID_ARGUMENT for a wrong address, UNAVAILABLE when it cannot be bound.
  static absl::StatusOr<std::unique_ptr<Server>> Listen(
      boost::asio::io_context& io, const std::string& address,
      std::function<ServerReply(const ServerRequest&)> handler);
  /// As `Stop`.
  virtual ~Server() = default;
  virtual uint16_t port() const = 0;
  /// Stops listening and closes every connection; on the thread that runs `io`.
  virtual void Stop() = 0;
};

}  // namespace carillon::http
