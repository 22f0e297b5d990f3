#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/secret.h"

typedef struct evp_pkey_st EVP_PKEY;
typedef struct x509_st X509;

namespace carillon::net {

struct PemFree {
  void operator()(X509* certificate) const;
  void operator()(EVP_PKEY* key) const;
};
using CertificatePtr = std::unique_ptr<X509, PemFree>;
using KeyPtr = std::unique_ptr<EVP_PKEY, PemFree>;

// All errors are INVALID_ARGUMENT: what is wrong, in words that follow the name of a member and
// repeat no secret.

/// Returns when a certificate ends, in Unix seconds, or nullopt where the time makes no sense.
std::optional<int64_t> EndOf(const X509& certificate);
/// Returns the certificates of a text in their order, of which there is at least one.
absl::StatusOr<std::vector<CertificatePtr>> ReadCertificates(std::string_view pem);
/// An encrypted key is refused: nobody is asked for a password.
absl::StatusOr<KeyPtr> ReadPrivateKey(const base::Secret& pem);
absl::Status CheckKeyBelongs(const X509& certificate, const EVP_PKEY& key);

absl::Status CheckCaBundle(const std::string& pem);
/// The first is the client's, the others its chain. Keys and signatures of less than 112 bits of
/// security are refused, as TLS does at OpenSSL's default level.
absl::Status CheckClientCertificate(const std::string& pem);
/// The certificate passed its check.
absl::Status CheckClientKey(const std::string& certificate_pem, const base::Secret& key_pem);

/// Returns when the first of the certificates in `pem` ends, in Unix seconds, or nullopt when there
/// is none.
std::optional<int64_t> EndOfCertificates(const std::string& pem);
/// Returns when the last of them ends, and with it all trust in them.
std::optional<int64_t> EndOfTrust(const std::string& pem);

}  // namespace carillon::net
