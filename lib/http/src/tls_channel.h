#pragma once

#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>

namespace carillon::http {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

/// The client's side of TLS straight over a non-blocking socket: OpenSSL reads and writes the
/// descriptor itself, so that there is no buffer but its own, which it gives back while nothing is
/// under way (SSL_MODE_RELEASE_BUFFERS). Asio's stream keeps 68 KB for each connection. Waiting is
/// the caller's part. One thread.
class TlsChannel {
 public:
  /// What a step came to. While `want` is set it came to nothing yet: to be repeated with the same
  /// arguments when the socket can be read or written.
  struct Step {
    enum class Want : unsigned char { kNothing, kRead, kWrite };
    Want want = Want::kNothing;
    boost::system::error_code ec;
    size_t bytes = 0;
  };

  /// `fd` stays the caller's, and open until the last step. Null when memory is short.
  static std::unique_ptr<TlsChannel> Create(SSL_CTX* context, int fd);

  SSL* ssl() const { return ssl_.get(); }
  /// The descriptor is about to be closed, and its number to be another's: every step fails.
  void Detach() { wire_.fd = -1; }

  /// What is to be sent last may be held back for the first `Write`, for 200 ms at most.
  Step Handshake();
  /// Reads what there is, at least a byte.
  Step Read(boost::asio::mutable_buffer into);
  /// Writes a part of head and body taken as one, beginning at `from`: at most one record, so that
  /// a small request is one record and one segment. `from` is not their end.
  Step Write(boost::asio::const_buffer head, boost::asio::const_buffer body, size_t from);
  /// Whether bytes were read from the socket that no `Read` returned yet: the socket need not
  /// become readable for these.
  bool HasPending() const { return SSL_has_pending(ssl_.get()) == 1; }

 private:
  /// The socket as OpenSSL sees it, and how its last call ended.
  struct Wire {
    int fd = -1;
    const SSL* ssl = nullptr;
    int error = 0;
    bool ended = false;  ///< the peer closed
  };
  struct WireMethod;

  TlsChannel() = default;
  Step Ended(int result);

  Wire wire_;
  std::unique_ptr<SSL, SslFree> ssl_;
};

}  // namespace carillon::http
