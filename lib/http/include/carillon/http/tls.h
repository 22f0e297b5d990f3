#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "carillon/model/tls_settings.h"

typedef struct ssl_ctx_st SSL_CTX;

namespace carillon::http {

using TlsContextPtr = std::shared_ptr<SSL_CTX>;

/// The client side of TLS, shared by every endpoint: TLS 1.2 at least, host names and chains
/// verified, session resumption until the first certificate of the chain ends. A host is named by a
/// subjectAltName; a common name says nothing (RFC 9525). Thread-safe after `Create`.
class TlsClient {
 public:
  /// Trusts the system's CAs (and so what SSL_CERT_FILE and SSL_CERT_DIR name).
  static absl::StatusOr<std::unique_ptr<TlsClient>> Create();
  /// Trusts the certificates in `ca_pem` (one or more in PEM) and no others: each is an anchor,
  /// whether it is a root, an authority below one, or the peer's own certificate. INVALID_ARGUMENT
  /// when there is none in it.
  static absl::StatusOr<std::unique_ptr<TlsClient>> CreateTrusting(const std::string& ca_pem);
  virtual ~TlsClient() = default;
  virtual SSL_CTX* context() = 0;
  /// The context of these settings: one for all that are equal, for as long as it is held. Without
  /// a CA bundle it trusts what this client trusts. INVALID_ARGUMENT as the checks of net/pem.h.
  virtual absl::StatusOr<TlsContextPtr> ContextFor(const model::TlsSettings& settings) = 0;
};

}  // namespace carillon::http
