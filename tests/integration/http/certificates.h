#pragma once

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace carillon::http {

struct OpenSslFree {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
};
template <typename T>
using OpenSslPtr = std::unique_ptr<T, OpenSslFree>;

struct PemPair {
  std::string certificate;
  std::string key;
};

/// A private key's PEM under a password.
std::string Encrypted(const std::string& key_pem);

/// A certificate authority made for one test, and the servers it vouches for.
class TestCa {
 public:
  /// `issuer`: the authority above it; null: it is a root.
  explicit TestCa(const std::string& name = "Test CA", const TestCa* issuer = nullptr);
  std::string Pem() const;
  /// A server context with a certificate for `names` (`DNS:a.example,IP:127.0.0.1`; empty: no
  /// subjectAltName), valid until `expires_in_seconds` from now (negative: expired).
  OpenSslPtr<SSL_CTX> Server(const std::string& names, long expires_in_seconds = 3600,
                             const std::string& common_name = "server") const;
  /// What such a server shows.
  static std::string CertificateOf(SSL_CTX* server);
  /// A certificate for a client.
  PemPair Client(const std::string& name) const;
  /// From now on `server` talks to clients with a certificate of this authority only.
  void Require(SSL_CTX* server) const;

 private:
  OpenSslPtr<EVP_PKEY> key_;
  OpenSslPtr<X509> certificate_;
};

}  // namespace carillon::http
