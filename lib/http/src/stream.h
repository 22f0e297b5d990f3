#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "carillon/http/courier.h"
#include "carillon/model/attempt_facts.h"
#include "tls_channel.h"
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

/// One TCP connection, with TLS over it or without; held by a shared_ptr. One read and one write
/// can be under way at once; whoever starts one owns what it reads into until it was told the end,
/// also after `Close`.
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  using Done = std::function<void(ErrorCode)>;

  explicit Stream(Executor executor) : socket_(executor) {}

  void Connect(const boost::asio::ip::tcp::endpoint& to, Done done);
  /// The client's part of a TLS handshake with `peer`, whose sessions are forgotten when it fails.
  void Handshake(TlsPeerPtr peer, Done done);
  void Read(boost::asio::mutable_buffer into, std::shared_ptr<StreamUser> user);
  /// Writes head and body. False: all was written already and OnWritten is not called.
  bool Write(std::shared_ptr<const Request> request, std::shared_ptr<StreamUser> user);
  /// Closes at once; what is under way ends with an error.
  void Close();

  /// Whom `Connect` led to: `203.0.113.7:443`, `[2001:db8::1]:443`.
  std::string peer() const;
  /// Whether the handshake resumed an earlier session.
  bool resumed() const;
  /// The certificate that the peer showed, also where it was refused; nullopt: it showed none.
  std::optional<model::CertificateFacts> Certificate() const;
  /// `ec` in words, with what TLS knows of it.
  std::string Explain(ErrorCode ec) const;

 private:
  bool ConfigureTls();
  /// Runs `then(ErrorCode)` when the socket can be read or written, as `want` says, or is closed.
  template <typename Then>
  void When(TlsChannel::Step::Want want, Then then);
  // Repeat a step of TLS until it came to something.
  void GoOnHandshake(Done done);
  void WaitForReading(TlsChannel::Step::Want want, boost::asio::mutable_buffer into,
                      std::shared_ptr<StreamUser> user);
  void GoOnReading(boost::asio::mutable_buffer into, std::shared_ptr<StreamUser> user);
  /// False: all was written in the `first` step, and nobody is told.
  bool GoOnWriting(std::shared_ptr<const Request> request, size_t from,
                   std::shared_ptr<StreamUser> user, bool first);

  Socket socket_;
  boost::asio::ip::tcp::endpoint to_;
  std::unique_ptr<TlsChannel> tls_;
  TlsPeerPtr peer_;  // until it is closed
  TlsSessionSink sink_{};
};

}  // namespace carillon::http
