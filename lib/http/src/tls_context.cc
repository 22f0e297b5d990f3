#include "tls_context.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <string>
#include <string_view>

#include "carillon/net/pem.h"
#include "tls_library.h"
#include "tls_session.h"

namespace carillon::http {
namespace {

/// `what`, and OpenSSL's reason for it.
absl::Status Refused(std::string what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return absl::InvalidArgumentError(reason == nullptr ? what : what + ": " + reason);
}

/// Puts the suite with SHA-256 first where OpenSSL's own order of TLS 1.3's suites stands, as
/// browsers do: processors have instructions for it, and SHA-384 is a tenth of a resumed handshake.
/// An order that an administrator gave in OpenSSL's configuration stays.
void PreferSha256(SSL_CTX* context) {
  std::string suites;
  const STACK_OF(SSL_CIPHER)* const ciphers = SSL_CTX_get_ciphers(context);
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    const SSL_CIPHER* const cipher = sk_SSL_CIPHER_value(ciphers, i);
    if (SSL_CIPHER_get_version(cipher) != std::string_view("TLSv1.3")) continue;
    suites.append(suites.empty() ? "" : ":").append(SSL_CIPHER_get_name(cipher));
  }
  if (suites != TLS_DEFAULT_CIPHERSUITES) return;
  SSL_CTX_set_ciphersuites(
      context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
}

}  // namespace

absl::StatusOr<SslContext> NewClientContext() {
  SslContext context(SSL_CTX_new_ex(TlsLibrary(), nullptr, TLS_client_method()), &SSL_CTX_free);
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return absl::InternalError("cannot make a TLS context");
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Idle connections are many: their record buffers are given back.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context.get(), 1);  // one call for a record, not two
  PreferSha256(context.get());
  KeepSessions(context.get());
  return context;
}

absl::Status TrustAll(SSL_CTX* context, std::string_view pem) {
  const auto certificates = net::ReadCertificates(pem);
  if (!certificates.ok()) return certificates.status();
  for (const net::CertificatePtr& certificate : *certificates) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get()) != 1) {
      return Refused("holds a certificate that cannot be trusted");
    }
  }
  // Each is an anchor of its own: who issued it need not be there.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  return absl::OkStatus();
}

absl::Status UseCertificate(SSL_CTX* context, std::string_view pem) {
  const auto certificates = net::ReadCertificates(pem);
  if (!certificates.ok()) return certificates.status();
  for (size_t i = 0; i < certificates->size(); ++i) {
    X509* certificate = (*certificates)[i].get();
    const bool used = i == 0 ? SSL_CTX_use_certificate(context, certificate) == 1
                             : SSL_CTX_add1_chain_cert(context, certificate) == 1;
    if (!used) return Refused("holds a certificate that cannot be used");
  }
  return absl::OkStatus();
}

absl::Status UseKey(SSL_CTX* context, const base::Secret& pem) {
  const auto key = net::ReadPrivateKey(pem);
  if (!key.ok()) return key.status();
  const absl::Status belongs = net::CheckKeyBelongs(*SSL_CTX_get0_certificate(context), **key);
  if (!belongs.ok()) return belongs;
  if (SSL_CTX_use_PrivateKey(context, key->get()) != 1) return Refused("cannot be used");
  return absl::OkStatus();
}

}  // namespace carillon::http
