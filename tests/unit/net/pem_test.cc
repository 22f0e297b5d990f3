#include "carillon/net/pem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <ctime>

namespace carillon::net {
namespace {

constexpr int64_t kEnd = 4'000'000'000;  // in 2096

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

std::string KeyPem(EVP_PKEY& key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, &key, nullptr, nullptr, 0, nullptr, nullptr);
  return TextOf(bio);
}

void SetName(X509_NAME* name, const char* common) {
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common), -1, -1, 0);
}

/// Signed by `issuer`, which names itself otherwise where it is another key.
std::string Certificate(EVP_PKEY& key, EVP_PKEY& issuer, const EVP_MD* digest = EVP_sha256(),
                        int64_t end = kEnd) {
  const CertificatePtr certificate(X509_new());
  X509* x = certificate.get();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  ASN1_TIME_set(X509_getm_notBefore(x), 0);
  ASN1_TIME_set(X509_getm_notAfter(x), end);
  SetName(X509_get_subject_name(x), "subject");
  SetName(X509_get_issuer_name(x), &key == &issuer ? "subject" : "issuer");
  X509_set_pubkey(x, &key);
  X509_sign(x, &issuer, digest);
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, x);
  return TextOf(bio);
}

class Pem : public testing::Test {
 protected:
  const KeyPtr ec_{EVP_EC_gen("P-256")};
  const KeyPtr other_{EVP_EC_gen("P-256")};
  const KeyPtr ed25519_{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
  const KeyPtr short_{EVP_RSA_gen(1024)};
};

TEST_F(Pem, WhatTlsCanUsePasses) {
  EXPECT_TRUE(CheckClientCertificate(Certificate(*ec_, *ec_)).ok());
  EXPECT_TRUE(CheckClientCertificate(Certificate(*ec_, *other_)).ok());
  EXPECT_TRUE(CheckClientCertificate(Certificate(*ed25519_, *ed25519_, nullptr)).ok());
  const std::string chain = Certificate(*ec_, *other_) + Certificate(*other_, *other_);
  EXPECT_TRUE(CheckClientCertificate(chain).ok());
  EXPECT_TRUE(CheckCaBundle(chain).ok());
  EXPECT_EQ(ReadCertificates(chain)->size(), 2u);
}

TEST_F(Pem, KeysAndSignaturesThatTlsRefusesAreRefused) {
  EXPECT_EQ(CheckClientCertificate(Certificate(*short_, *short_)).message(),
            "holds a certificate that cannot be used: ee key too small");
  EXPECT_EQ(
      CheckClientCertificate(Certificate(*ec_, *other_) + Certificate(*short_, *short_)).message(),
      "holds a certificate that cannot be used: ca key too small");
  EXPECT_EQ(CheckClientCertificate(Certificate(*ec_, *other_, EVP_sha1())).message(),
            "holds a certificate that cannot be used: ca md too weak");
  // Its own signature says nothing; an authority may be as weak as who trusts it likes.
  EXPECT_TRUE(CheckClientCertificate(Certificate(*ec_, *ec_, EVP_sha1())).ok());
  EXPECT_TRUE(CheckCaBundle(Certificate(*short_, *short_, EVP_sha1())).ok());
}

TEST_F(Pem, AKeyIsThatOfTheFirstCertificate) {
  const std::string chain = Certificate(*ec_, *other_) + Certificate(*other_, *other_);
  EXPECT_TRUE(CheckClientKey(chain, base::Secret(KeyPem(*ec_))).ok());
  EXPECT_EQ(CheckClientKey(chain, base::Secret(KeyPem(*other_))).message(),
            "does not belong to the certificate");
  EXPECT_EQ(CheckClientKey(chain, base::Secret(chain)).message(), "holds no PEM private key");
}

TEST_F(Pem, EndsAreTheFirstAndTheLast) {
  const std::string pem = Certificate(*ec_, *ec_) +
                          Certificate(*other_, *other_, EVP_sha256(), kEnd - 5) +
                          Certificate(*ec_, *other_, EVP_sha256(), kEnd + 5);
  EXPECT_EQ(EndOfCertificates(pem), kEnd - 5);
  EXPECT_EQ(EndOfTrust(pem), kEnd + 5);
  EXPECT_EQ(EndOfCertificates("none"), std::nullopt);
  EXPECT_EQ(EndOfTrust(""), std::nullopt);
}

}  // namespace
}  // namespace carillon::net
