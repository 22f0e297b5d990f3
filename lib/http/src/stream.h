#pragma once

#include <openssl/ssl.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "carillon/http/courier.h"
#include "tls_session.h"

namespace carillon::http {

using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using ErrorCode = boost::system::error_code;

/// Told how reads and writes ended. What a Stream is given keeps it alive until then.
class StreamUser {
 public:
  virtual void OnRead(ErrorCode ec, size_t bytes) = 0;
  virtual void OnWritten(ErrorCode ec) = 0;

 protected:
  ~StreamUser() = default;
};

/// One TCP connection, with TLS over it or without. One read and one write can be under way at
/// once; whoever starts one owns the stream until it was told the end, also after `Close`.
class Stream {
 public:
  using Done = std::function<void(ErrorCode)>;

  explicit Stream(Executor executor) : socket_(executor) {}

  void Connect(const boost::asio::ip::tcp::endpoint& to, Done done);
  /// The client's part of a TLS handshake with `host`, a name or an address.
  void Handshake(SSL_CTX* context, const std::string& host, TlsSessions& sessions,
                 EndpointId endpoint, Done done);
  void Read(boost::asio::mutable_buffer into, std::shared_ptr<StreamUser> user);
  /// Writes head and body. False: all was written already and OnWritten is not called.
  bool Write(std::shared_ptr<const Request> request, std::shared_ptr<StreamUser> user);
  /// Closes at once; what is under way ends with an error.
  void Close();

  /// Whom `Connect` led to: `203.0.113.7:443`, `[2001:db8::1]:443`.
  std::string peer() const;
  /// Whether the handshake resumed an earlier session.
  bool resumed() const;
  /// `ec` in words, with what TLS knows of it.
  std::string Explain(ErrorCode ec) const;

 private:
  using Tls = boost::asio::ssl::stream<Socket&>;

  bool ConfigureTls(const std::string& host, TlsSessions& sessions, EndpointId endpoint);

  Socket socket_;
  boost::asio::ip::tcp::endpoint to_;
  std::optional<Tls> tls_;
  TlsSessionSink sink_{};
};

}  // namespace carillon::http
