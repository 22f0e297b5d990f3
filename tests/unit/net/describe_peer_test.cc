#include "carillon/net/describe_peer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <memory>
#include <string>

#include "carillon/net/pem.h"

namespace carillon::net {
namespace {

using ::testing::ElementsAre;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

/// A certificate that signs itself, with common names and alternative names (OpenSSL's notation).
CertificatePtr Make(const std::vector<std::string>& common_names, const std::string& alternatives,
                    long days = 1) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
  CertificatePtr made(X509_new());
  X509_set_version(made.get(), 2);
  X509_set_pubkey(made.get(), key.get());
  X509_time_adj_ex(X509_getm_notBefore(made.get()), 0, 0, nullptr);
  X509_time_adj_ex(X509_getm_notAfter(made.get()), static_cast<int>(days), 0, nullptr);
  for (const std::string& name : common_names) {
    X509_NAME_add_entry_by_NID(X509_get_subject_name(made.get()), NID_commonName, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.data()),
                               static_cast<int>(name.size()), -1, 0);
  }
  if (!alternatives.empty()) {
    X509_EXTENSION* const extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternatives.c_str());
    EXPECT_NE(extension, nullptr) << alternatives;
    X509_add_ext(made.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(made.get(), key.get(), nullptr);
  return made;
}

TEST(PeerCertificate, NamesStandInTheOrderInWhichTheyAreLookedFor) {
  const auto made = Make({"shop"},
                         "email:a@b.example,DNS:shop.example,URI:spiffe://house/shop,"
                         "IP:192.0.2.1,DNS:*.shop.example");
  const auto described = DescribePeer(*made);
  EXPECT_THAT(described.names,
              ElementsAre(MatchesRegex("sha256:[0-9a-f]{64}"), "spiffe://house/shop",
                          "shop.example", "*.shop.example", "a@b.example", "CN=shop"));
  EXPECT_EQ(described, DescribePeer(*made));
  EXPECT_NE(described.names[0], DescribePeer(*Make({"shop"}, "")).names[0]);
  const auto left = described.end - std::chrono::system_clock::now();
  EXPECT_GT(left, std::chrono::hours(22));
  EXPECT_LE(left, std::chrono::hours(24));
}

TEST(PeerCertificate, NamesThatCouldBeTakenForOthersAreLeftOut) {
  const std::string longest(base::PeerCertificate::kMaxNameBytes - 3, 'a');
  EXPECT_THAT(DescribePeer(*Make({}, "DNS:" + std::string(257, 'a'))).names, SizeIs(1));
  EXPECT_THAT(DescribePeer(*Make({std::string("a\nb"), std::string("a\0b", 3), ""}, "")).names,
              SizeIs(1));
  EXPECT_THAT(DescribePeer(*Make({"one", "two"}, "")).names,
              ElementsAre(testing::_, "CN=one", "CN=two"));
  EXPECT_THAT(DescribePeer(*Make({"Bj\xc3\xb6rn"}, "")).names,
              ElementsAre(testing::_, "CN=Bj\xc3\xb6rn"));
}

TEST(PeerCertificate, MoreNamesThanThereIsRoomForAreLeftOut) {
  std::string alternatives = "DNS:first.example";
  for (int i = 0; i < 100; ++i) alternatives += ",DNS:" + std::string(60, 'a') + std::to_string(i);
  const auto described = DescribePeer(*Make({"shop"}, alternatives));
  size_t bytes = 0;
  for (const std::string& name : described.names) bytes += name.size();
  EXPECT_LE(bytes, base::PeerCertificate::kMaxNamesBytes);
  EXPECT_GT(described.names.size(), 20u);
  EXPECT_EQ(described.names[1], "first.example");
}

TEST(PeerCertificate, AnEndThatNoClockReachesIsNone) {
  EXPECT_EQ(DescribePeer(*Make({"shop"}, "", 365 * 300)).end, base::WallTime::max());
}

}  // namespace
}  // namespace carillon::net
