#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/secret.h"

namespace carillon::http {

using SslContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

/// A client context for what always holds: TLS 1.2 at least, verification, sessions kept by
/// TlsSessions. It trusts nobody yet.
absl::StatusOr<SslContext> NewClientContext();

// Each takes PEM text into a context; INVALID_ARGUMENT says what is wrong with it.

/// Trusts every certificate in `pem`, of which there is at least one: an authority, whoever issued
/// it, or the peer's own.
absl::Status TrustAll(SSL_CTX* context, std::string_view pem);
/// Shows the first certificate in `pem` to the peer, the others after it.
absl::Status UseCertificate(SSL_CTX* context, std::string_view pem);
/// The key of that certificate. An encrypted one is refused: nobody is asked for a password.
absl::Status UseKey(SSL_CTX* context, const base::Secret& pem);

}  // namespace carillon::http
