#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

typedef struct ssl_ctx_st SSL_CTX;

namespace carillon::http {

/// The client side of TLS, shared by every endpoint: TLS 1.2 at least, host names and chains
/// verified, session resumption. Thread-safe after `Create`.
class TlsClient {
 public:
  /// Trusts the system's CAs (and so what SSL_CERT_FILE and SSL_CERT_DIR name).
  static absl::StatusOr<std::unique_ptr<TlsClient>> Create();
  /// Trusts the CAs in `ca_pem` (one or more PEM certificates) and no others. INVALID_ARGUMENT when
  /// there is none in it.
  static absl::StatusOr<std::unique_ptr<TlsClient>> CreateTrusting(const std::string& ca_pem);
  virtual ~TlsClient() = default;
  virtual SSL_CTX* context() = 0;
};

}  // namespace carillon::http
