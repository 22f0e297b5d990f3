#include "tls_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <climits>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "carillon/http/tls.h"
#include "tls_library.h"
#include "tls_session.h"

namespace carillon::http {
namespace {

struct Free {
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};
using BioPtr = std::unique_ptr<BIO, Free>;
using CertificatePtr = std::unique_ptr<X509, Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;

absl::Status WrongFile(std::string what) { return absl::InvalidArgumentError(what); }

/// `what`, and OpenSSL's reason for it.
absl::Status Refused(std::string what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return WrongFile(reason == nullptr ? what : what + ": " + reason);
}

BioPtr Reader(std::string_view text) {
  if (text.size() > INT_MAX) text = {};
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

absl::StatusOr<std::vector<CertificatePtr>> ReadCertificates(std::string_view pem) {
  const BioPtr bio = Reader(pem);
  std::vector<CertificatePtr> certificates;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate);
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return Refused("holds a certificate that cannot be read");
  }
  ERR_clear_error();
  if (certificates.empty()) return WrongFile("holds no PEM certificate");
  return certificates;
}

/// Returns Unix seconds, or nullopt where the time makes no sense.
std::optional<int64_t> EndOf(const X509& certificate) {
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &end) != 1) return std::nullopt;
  return timegm(&end);
}

std::vector<int64_t> EndsOf(const std::string& pem) {
  std::vector<int64_t> ends;
  const auto certificates = ReadCertificates(pem);
  if (!certificates.ok()) return ends;
  for (const CertificatePtr& certificate : *certificates) {
    if (const auto end = EndOf(*certificate)) ends.push_back(*end);
  }
  return ends;
}

/// OpenSSL's call-back for the password of a key. Without one it asks on the terminal.
int NoPassword(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
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

std::optional<int64_t> EndOfCertificates(const std::string& pem) {
  const std::vector<int64_t> ends = EndsOf(pem);
  if (ends.empty()) return std::nullopt;
  return *std::ranges::min_element(ends);
}

std::optional<int64_t> EndOfTrust(const std::string& pem) {
  const std::vector<int64_t> ends = EndsOf(pem);
  if (ends.empty()) return std::nullopt;
  return *std::ranges::max_element(ends);
}

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
  const auto certificates = ReadCertificates(pem);
  if (!certificates.ok()) return certificates.status();
  for (const CertificatePtr& certificate : *certificates) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get()) != 1) {
      return Refused("holds a certificate that cannot be trusted");
    }
  }
  // Each is an anchor of its own: who issued it need not be there.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  return absl::OkStatus();
}

absl::Status UseCertificate(SSL_CTX* context, std::string_view pem) {
  const auto certificates = ReadCertificates(pem);
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
  const BioPtr bio = Reader(pem.Reveal());
  bool asked = false;
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassword, &asked));
  if (!key) {
    ERR_clear_error();
    return WrongFile(asked ? "must not be encrypted" : "holds no PEM private key");
  }
  if (X509_check_private_key(SSL_CTX_get0_certificate(context), key.get()) != 1) {
    ERR_clear_error();
    return WrongFile("does not belong to the client certificate");
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) return Refused("cannot be used");
  return absl::OkStatus();
}

}  // namespace carillon::http
