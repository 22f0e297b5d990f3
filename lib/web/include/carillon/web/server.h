#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "carillon/base/peer_certificate.h"
#include "carillon/base/secret.h"
#include "carillon/web/routes.h"

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;

namespace carillon::web {

using ServerTlsPtr = std::shared_ptr<SSL_CTX>;

/// What is spoken over a TLS connection (ALPN).
enum class TlsProtocol : uint8_t { kHttp11, kHttp2 };

/// What clients are asked for.
struct ServerTlsOptions {
  TlsProtocol protocol = TlsProtocol::kHttp11;
  /// PEM: clients show a certificate of one of these authorities, or none is taken. Empty: they
  /// need not show one.
  std::string client_ca_pem;
};

/// The server's side of TLS 1.2 and 1.3. `certificate_pem` holds its certificate and what leads to
/// an authority, in this order. INVALID_ARGUMENT, in words that repeat no secret, when one of them
/// is no PEM or they don't belong together.
absl::StatusOr<ServerTlsPtr> MakeServerTls(const std::string& certificate_pem,
                                           const base::Secret& key_pem,
                                           const ServerTlsOptions& options = {});

/// What the certificate says that the client has shown in a handshake that went well; null: it has
/// shown none, or none that was verified.
base::PeerCertificatePtr PeerCertificateOf(const SSL& connection);

struct ServerOptions {
  /// One more takes the place of the one on which nothing has happened for longest; those whose
  /// request is being answered come last.
  size_t max_connections = 256;
  size_t max_head_bytes =
      16u << 10;  ///< request line and headers; a longer head is answered with 431
  /// Bodies of requests and answers that are held for clients. Over it, the client on whose
  /// connection nothing has happened for longest gives way.
  size_t max_held_bytes = 64u << 20;
  std::chrono::milliseconds head_timeout{5'000};  ///< from the request's first byte, or the
                                                  ///< connection's beginning, to the head's end
  std::chrono::milliseconds write_timeout{
      10'000};                             ///< until an answer, or a piece of it, was taken
  std::chrono::milliseconds idle{30'000};  ///< from an answer to the next request
  ServerTlsPtr tls;                        ///< plain HTTP where null
};

/// An HTTP/1.1 server on one event loop: keep-alive, pipelined requests one after the other,
/// `Expect: 100-continue`, bounds by route, answers that come later or in pieces, TLS. What is over
/// a bound or not HTTP is answered (400, 404, 405, 413, 431, 504) and, where the rest of the
/// request can't be known, the connection closed.
///
/// A new connection is always served: half-sent, idle and stuck ones give way to it, also when the
/// process runs out of descriptors.
class Server {
 public:
  /// `address` is `HOST:PORT` or `[V6]:PORT`, numeric; port 0 takes any free one. `io` outlives the
  /// server and is run by one thread. INVALID_ARGUMENT for a wrong address, UNAVAILABLE when it
  /// can't be bound.
  static absl::StatusOr<std::unique_ptr<Server>> Listen(boost::asio::io_context& io,
                                                        const std::string& address, Routes routes,
                                                        const ServerOptions& options = {});
  /// As `Stop`.
  virtual ~Server() = default;
  virtual uint16_t port() const = 0;
  /// Connections that come from now on use `tls`, which is not null. On the thread that runs `io`;
  /// only where the server was made with TLS.
  virtual void SetTls(ServerTlsPtr tls) = 0;
  /// How many requests are being answered, up to the last byte of the answer; on the thread that
  /// runs `io`.
  virtual size_t answering() const = 0;
  /// Stops listening and closes every connection; on the thread that runs `io`, or when none does.
  virtual void Stop() = 0;
};

}  // namespace carillon::web
