#include "carillon/net/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <climits>
#include <ctime>

namespace carillon::net {
namespace {

/// Bits of security that TLS asks for at OpenSSL's default level, 2.
constexpr int kLeastSecurityBits = 112;

struct BioFree {
  void operator()(BIO* p) const { BIO_free(p); }
};
using BioPtr = std::unique_ptr<BIO, BioFree>;

absl::Status WrongPem(std::string what) { return absl::InvalidArgumentError(what); }

/// `what`, and OpenSSL's reason for it.
absl::Status Refused(std::string what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return WrongPem(reason == nullptr ? what : what + ": " + reason);
}

BioPtr PemReader(std::string_view text) {
  if (text.size() > INT_MAX) text = {};
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
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

/// Returns why TLS would not show the certificate, in OpenSSL's words, or null. `own`: it is the
/// client's, not one of its chain.
const char* WhyUnusable(X509* certificate, bool own) {
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return "x509 lib";
  if (own && EVP_PKEY_can_sign(key) != 1) return "unknown certificate type";
  if (EVP_PKEY_get_security_bits(key) < kLeastSecurityBits) {
    return own ? "ee key too small" : "ca key too small";
  }
  // Nobody looks at what a certificate says of itself.
  if ((X509_get_extension_flags(certificate) & EXFLAG_SS) != 0) return nullptr;
  int bits = -1;
  if (X509_get_signature_info(certificate, nullptr, nullptr, &bits, nullptr) != 1) bits = -1;
  return bits < kLeastSecurityBits ? "ca md too weak" : nullptr;
}

}  // namespace

std::optional<int64_t> EndOf(const X509& certificate) {
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &end) != 1) return std::nullopt;
  return timegm(&end);
}

void PemFree::operator()(X509* certificate) const { X509_free(certificate); }
void PemFree::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

absl::StatusOr<std::vector<CertificatePtr>> ReadCertificates(std::string_view pem) {
  const BioPtr bio = PemReader(pem);
  std::vector<CertificatePtr> certificates;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate);
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return Refused("holds a certificate that cannot be read");
  }
  ERR_clear_error();
  if (certificates.empty()) return WrongPem("holds no PEM certificate");
  return certificates;
}

absl::StatusOr<KeyPtr> ReadPrivateKey(const base::Secret& pem) {
  const BioPtr bio = PemReader(pem.Reveal());
  bool asked = false;
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassword, &asked));
  ERR_clear_error();
  if (!key) return WrongPem(asked ? "must not be encrypted" : "holds no PEM private key");
  return key;
}

absl::Status CheckKeyBelongs(const X509& certificate, const EVP_PKEY& key) {
  const bool belongs = X509_check_private_key(&certificate, &key) == 1;
  ERR_clear_error();
  return belongs ? absl::OkStatus() : WrongPem("does not belong to the certificate");
}

absl::Status CheckCaBundle(const std::string& pem) { return ReadCertificates(pem).status(); }

absl::Status CheckClientCertificate(const std::string& pem) {
  const auto certificates = ReadCertificates(pem);
  if (!certificates.ok()) return certificates.status();
  for (size_t i = 0; i < certificates->size(); ++i) {
    const char* why = WhyUnusable((*certificates)[i].get(), i == 0);
    ERR_clear_error();
    if (why == nullptr) continue;
    return WrongPem(std::string("holds a certificate that cannot be used: ") + why);
  }
  return absl::OkStatus();
}

absl::Status CheckClientKey(const std::string& certificate_pem, const base::Secret& key_pem) {
  const auto certificates = ReadCertificates(certificate_pem);
  if (!certificates.ok()) return certificates.status();
  const auto key = ReadPrivateKey(key_pem);
  if (!key.ok()) return key.status();
  return CheckKeyBelongs(*certificates->front(), **key);
}

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

}  // namespace carillon::net
