#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
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
  /// a CA bundle it trusts what this client trusts. INVALID_ARGUMENT as the checks below.
  virtual absl::StatusOr<TlsContextPtr> ContextFor(const model::TlsSettings& settings) = 0;
};

/// Returns when the first of the certificates in `pem` ends, in Unix seconds, or nullopt when there
/// is none.
std::optional<int64_t> EndOfCertificates(const std::string& pem);
/// Returns when the last of them ends, and with it all trust in them.
std::optional<int64_t> EndOfTrust(const std::string& pem);

// What is wrong with settings, in words that follow the name of a member and repeat no secret;
// INVALID_ARGUMENT.

absl::Status CheckCaBundle(const std::string& pem);
absl::Status CheckClientCertificate(const std::string& pem);
/// The certificate passed its check.
absl::Status CheckClientKey(const std::string& certificate_pem, const base::Secret& key_pem);

}  // namespace carillon::http
