#include "certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace carillon::http {
namespace {

OpenSslPtr<EVP_PKEY> NewKey() { return OpenSslPtr<EVP_PKEY>(EVP_EC_gen("P-256")); }

void AddExtension(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// Unsigned yet.
OpenSslPtr<X509> NewCertificate(const std::string& name, EVP_PKEY* key, long expires_in) {
  static long serial = 1;
  OpenSslPtr<X509> certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -7200);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), expires_in);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

/// What `write` writes.
template <typename Write>
std::string Written(Write write) {
  BIO* bio = BIO_new(BIO_s_mem());
  write(bio);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

std::string PemOf(X509* certificate) {
  return Written([&](BIO* bio) { PEM_write_bio_X509(bio, certificate); });
}

}  // namespace

std::string Encrypted(const std::string& key_pem) {
  BIO* bio = BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size()));
  const OpenSslPtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr));
  BIO_free(bio);
  return Written([&](BIO* out) {
    PEM_write_bio_PKCS8PrivateKey(out, key.get(), EVP_aes_128_cbc(), "password", 8, nullptr,
                                  nullptr);
  });
}

TestCa::TestCa(const std::string& name, const TestCa* issuer)
    : key_(NewKey()), certificate_(NewCertificate(name, key_.get(), 3600)) {
  if (issuer == nullptr) issuer = this;
  AddExtension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(issuer->certificate_.get()));
  X509_sign(certificate_.get(), issuer->key_.get(), EVP_sha256());
}

std::string TestCa::Pem() const { return PemOf(certificate_.get()); }

PemPair TestCa::Client(const std::string& name) const {
  const auto key = NewKey();
  const auto certificate = NewCertificate(name, key.get(), 3600);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
  X509_sign(certificate.get(), key_.get(), EVP_sha256());
  return {PemOf(certificate.get()), Written([&](BIO* bio) {
            PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

void TestCa::Require(SSL_CTX* server) const {
  X509_STORE_add_cert(SSL_CTX_get_cert_store(server), certificate_.get());
  SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  // Without it the server refuses to resume a session of a client that it verified.
  SSL_CTX_set_session_id_context(server, reinterpret_cast<const unsigned char*>("test"), 4);
}

std::string TestCa::CertificateOf(SSL_CTX* server) {
  return PemOf(SSL_CTX_get0_certificate(server));
}

OpenSslPtr<SSL_CTX> TestCa::Server(const std::string& names, long expires_in_seconds,
                                   const std::string& common_name) const {
  const auto key = NewKey();
  const auto certificate = NewCertificate(common_name, key.get(), expires_in_seconds);
  if (!names.empty()) AddExtension(certificate.get(), NID_subject_alt_name, names);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
  X509_sign(certificate.get(), key_.get(), EVP_sha256());
  OpenSslPtr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_use_certificate(context.get(), certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), key.get());
  return context;
}

}  // namespace carillon::http
