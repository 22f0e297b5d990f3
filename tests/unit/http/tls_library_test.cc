// Handshakes with what the library context of TLS offers: nothing that OpenSSL's own offers is
// missing.
#include "tls_library.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tls_context.h"

namespace carillon::http {
namespace {

struct SslFreeAll {
  void operator()(SSL* p) const { SSL_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
};
template <typename T>
using Ptr = std::unique_ptr<T, SslFreeAll>;

Ptr<EVP_PKEY> NewKey(const std::string& kind) {
  if (kind.starts_with("P-")) {
    return Ptr<EVP_PKEY>(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", kind.c_str()));
  }
  const Ptr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, kind.c_str(), nullptr));
  EVP_PKEY_keygen_init(context.get());
  if (kind.starts_with("RSA")) EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), 2048);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_generate(context.get(), &key);
  return Ptr<EVP_PKEY>(key);
}

Ptr<X509> SelfSigned(EVP_PKEY* key, const std::string& kind) {
  Ptr<X509> certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  const std::string common_name = "server with " + kind;
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), name);
  X509_set_pubkey(certificate.get(), key);
  const bool hashes_itself = kind.starts_with("ED");
  EXPECT_GT(X509_sign(certificate.get(), key, hashes_itself ? nullptr : EVP_sha256()), 0) << kind;
  return certificate;
}

std::string Pem(X509* certificate) {
  const Ptr<BIO> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

/// A server with a key of that kind, and a client that trusts it.
struct Ends {
  explicit Ends(const std::string& kind) {
    const Ptr<EVP_PKEY> key = NewKey(kind);
    const Ptr<X509> certificate = SelfSigned(key.get(), kind);
    SSL_CTX_use_certificate(server.get(), certificate.get());
    SSL_CTX_use_PrivateKey(server.get(), key.get());
    EXPECT_TRUE(TrustAll(client.get(), Pem(certificate.get())).ok());
  }
  /// The version that both came to; 0 when they did not. `suite`, if given, is told theirs.
  int Meet(std::string* suite = nullptr) const {
    const Ptr<SSL> a(SSL_new(client.get()));
    const Ptr<SSL> b(SSL_new(server.get()));
    BIO* to_b = nullptr;
    BIO* to_a = nullptr;
    BIO_new_bio_pair(&to_b, 1 << 16, &to_a, 1 << 16);
    SSL_set_bio(a.get(), to_b, to_b);
    SSL_set_bio(b.get(), to_a, to_a);
    SSL_set_connect_state(a.get());
    SSL_set_accept_state(b.get());
    for (int i = 0; i < 10; ++i) {
      const int left = SSL_do_handshake(a.get());
      const int right = SSL_do_handshake(b.get());
      if (left != 1 || right != 1) continue;
      if (suite != nullptr) *suite = SSL_get_cipher_name(a.get());
      return SSL_version(a.get());
    }
    return 0;
  }

  SslContext client = NewClientContext().value();
  SslContext server{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free};
};

TEST(TlsLibrary, IsItsOwnWhereOpenSslIsNotConfiguredOtherwise) {
  EXPECT_NE(TlsLibrary(), nullptr);
  EXPECT_EQ(TlsLibrary(), TlsLibrary());
}

TEST(TlsLibrary, OffersEveryCipherSuite) {
  const auto names = [](SSL_CTX* context) {
    const Ptr<SSL> ssl(SSL_new(context));
    STACK_OF(SSL_CIPHER)* const ciphers = SSL_get1_supported_ciphers(ssl.get());
    std::vector<std::string> names;
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
      names.emplace_back(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i)));
    }
    sk_SSL_CIPHER_free(ciphers);
    std::ranges::sort(names);
    return names;
  };
  for (const char* list : {"DEFAULT", "ALL:@SECLEVEL=0"}) {
    const SslContext plain(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    const SslContext ours = NewClientContext().value();
    ASSERT_EQ(SSL_CTX_set_cipher_list(plain.get(), list), 1);
    ASSERT_EQ(SSL_CTX_set_cipher_list(ours.get(), list), 1);
    EXPECT_EQ(SSL_CTX_get_security_level(ours.get()), SSL_CTX_get_security_level(plain.get()));
    SSL_CTX_set_min_proto_version(plain.get(), TLS1_2_VERSION);
    EXPECT_EQ(names(ours.get()), names(plain.get()));
    EXPECT_GE(names(ours.get()).size(), 30u);
  }
}

TEST(TlsContext, PrefersSha256) {
  const Ends ends("P-256");
  std::string suite;
  EXPECT_EQ(ends.Meet(&suite), TLS1_3_VERSION);
  EXPECT_EQ(suite, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_options(ends.server.get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
  EXPECT_EQ(ends.Meet(&suite), TLS1_3_VERSION);
  EXPECT_EQ(suite, "TLS_AES_256_GCM_SHA384") << "the server's choice";
}

class KeysOfServers : public testing::TestWithParam<std::string> {};

TEST_P(KeysOfServers, AreReadAndVerified) {
  const Ends ends(GetParam());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(ends.client.get(), version);
    EXPECT_EQ(ends.Meet(), version);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, KeysOfServers,
                         testing::Values("RSA", "RSA-PSS", "P-256", "P-384", "P-521", "ED25519",
                                         "ED448"));

// What the server takes of those that are offered.
TEST(TlsLibrary, OffersEveryGroup) {
  const Ends ends("P-256");
  for (const char* group : {"X25519", "P-256", "X448", "P-521", "P-384", "ffdhe2048", "ffdhe3072",
                            "ffdhe4096", "ffdhe6144", "ffdhe8192"}) {
    ASSERT_EQ(SSL_CTX_set1_groups_list(ends.server.get(), group), 1);
    EXPECT_EQ(ends.Meet(), TLS1_3_VERSION) << group;
  }
}

TEST(TlsLibrary, EncryptsAndVerifiesWithEachCipherOfTls) {
  const Ends ecdsa("P-256");
  const Ends rsa("RSA");
  for (const char* cipher : {"TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256",
                             "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256"}) {
    ASSERT_EQ(SSL_CTX_set_ciphersuites(ecdsa.client.get(), cipher), 1);
    ASSERT_EQ(SSL_CTX_set_ciphersuites(ecdsa.server.get(), cipher), 1);
    EXPECT_EQ(ecdsa.Meet(), TLS1_3_VERSION) << cipher;
  }
  SSL_CTX_set_max_proto_version(rsa.client.get(), TLS1_2_VERSION);
  for (const char* cipher : {"ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384", "AES256-SHA256",
                             "DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305"}) {
    SSL_CTX_set_dh_auto(rsa.server.get(), 1);
    ASSERT_EQ(SSL_CTX_set_cipher_list(rsa.server.get(), cipher), 1);
    EXPECT_EQ(rsa.Meet(), TLS1_2_VERSION) << cipher;
  }
}

}  // namespace
}  // namespace carillon::http
