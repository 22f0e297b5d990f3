// Who holders of client certificates are, whose X-Forwarded-For is believed, and where links lead.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "fixtures.h"

namespace carillon::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Identities, CertificatesAreReadLikeTokens) {
  EXPECT_THAT(Parsed("{}").certificates, IsEmpty());
  const auto config = Parsed(
      "access: {certificates: [{subject: 'CN=shop', role: publisher, tenants: [bell, acme], "
      "event_types: [order.*], quota: {events_per_second: 5}}, "
      "{subject: 'spiffe://house/ops', role: operator}]}");
  ASSERT_THAT(config.certificates, SizeIs(2));
  EXPECT_EQ(config.certificates[0].subject, "CN=shop");
  const access::Principal& shop = config.certificates[0].principal;
  EXPECT_EQ(shop.kind, access::PrincipalKind::kCertificate);
  EXPECT_EQ(shop.name, "certificate:CN=shop");
  EXPECT_EQ(shop.role, v1::ROLE_PUBLISHER);
  EXPECT_FALSE(shop.all_tenants);
  EXPECT_THAT(shop.tenants, ElementsAre("acme", "bell"));
  EXPECT_THAT(shop.event_types, ElementsAre("order.*"));
  EXPECT_EQ(shop.rate.events_per_second, 5);
  EXPECT_TRUE(config.certificates[1].principal.all_tenants);
}

TEST(Identities, WhatIsWrongIsSaid) {
  const auto refusal = [](const std::string& members) {
    return Refusal("access: {certificates: [{" + members + "}]}");
  };
  const std::string at = "access.certificates[0].";
  const std::string digits(64, 'a');
  EXPECT_THAT(refusal("role: reader"), HasSubstr(at + "subject: must be 1-256 bytes"));
  EXPECT_THAT(refusal("subject: '" + std::string(257, 'a') + "', role: reader"),
              HasSubstr(at + "subject: must be 1-256 bytes"));
  EXPECT_THAT(refusal("subject: \"a\\tb\", role: reader"), HasSubstr("without control characters"));
  EXPECT_THAT(refusal("subject: 'sha256:AB', role: reader"),
              HasSubstr(at + "subject: must have 64 digits of [0-9a-f]"));
  EXPECT_THAT(refusal("subject: 'CN=', role: reader"), HasSubstr("behind CN="));
  EXPECT_THAT(refusal("subject: a.example"), HasSubstr(at + "role: must be operator"));
  EXPECT_THAT(refusal("subject: a.example, role: operator, tenants: [acme]"),
              HasSubstr(at + "tenants: must be left out"));
  EXPECT_THAT(refusal("subject: a.example, role: reader}, {subject: a.example, role: reader"),
              HasSubstr("access.certificates[1].subject: is there already"));
  EXPECT_THAT(Parsed("access: {certificates: [{subject: 'sha256:" + digits + "', role: reader}]}")
                  .certificates,
              SizeIs(1));
}

TEST(Identities, TrustedProxiesAreAddressesOrBlocks) {
  EXPECT_THAT(Parsed("{}").trusted_proxies, IsEmpty());
  const auto config = Parsed("access: {trusted_proxies: [10.0.0.0/8, 192.0.2.1, 'fd00::/8']}");
  ASSERT_THAT(config.trusted_proxies, SizeIs(3));
  EXPECT_EQ(config.trusted_proxies[1].ToString(), "192.0.2.1/32");
  EXPECT_THAT(Refusal("access: {trusted_proxies: [10.0.0.1, proxy.example]}"),
              HasSubstr("access.trusted_proxies[1]: "));
  EXPECT_THAT(Refusal("access: {trusted_proxies: [10.0.0.1/8]}"),
              HasSubstr("access.trusted_proxies[0]: "));
  std::string many = "10.0.0.1";
  for (int i = 0; i < 100; ++i) many += ", 10.0.0.1";
  EXPECT_THAT(Refusal("access: {trusted_proxies: [" + many + "]}"),
              HasSubstr("access.trusted_proxies: must be at most 100"));
}

TEST(Identities, ThePublicUrlIsOne) {
  Parsed("access: {public_url: 'https://hooks.example.com/inside'}");
  for (const char* url : {"hooks.example.com", "ftp://a.example", "https://u@a.example",
                          "https://a.example/?x=1", "https://a.example/#x"}) {
    EXPECT_THAT(Refusal(std::string("access: {public_url: '") + url + "'}"),
                HasSubstr("access.public_url: must"))
        << url;
  }
}

TEST(Identities, OriginsThatMayFrameTheConsole) {
  const auto config = Parsed(
      "console: {embed_origins: ['https://app.example.com', 'http://127.0.0.1:3000', "
      "'https://[::1]:8443', 'http://[::1]']}");
  EXPECT_THAT(config.console.embed_origins(), SizeIs(4));
  for (const char* origin :
       {"app.example.com", "https://app.example.com/", "https://App.example.com", "https://",
        "https://*.example.com", "https://a.example; script-src *", "https://a.example,b", "*",
        "https://a.example:", "https://a.example:x", "https://a.example:70000", "ftp://a.example",
        "https://u@a.example", "https://[::g]"}) {
    EXPECT_THAT(Refusal(std::string("console: {embed_origins: ['") + origin + "']}"),
                HasSubstr("console.embed_origins[0]: must"))
        << origin;
  }
  std::string many = "'https://a.example'";
  for (int i = 0; i < 32; ++i) many += ", 'https://a.example'";
  EXPECT_THAT(Refusal("console: {embed_origins: [" + many + "]}"),
              HasSubstr("console.embed_origins: must be at most 32"));
  EXPECT_THAT(Refusal("console: {file: " + std::string(4097, 'a') + "}"),
              HasSubstr("console.file: must"));
}

TEST(Identities, WithCertificatesThePortsMayBeReached) {
  const std::string open = "server: {publish_address: '0.0.0.0:7080'}\n";
  EXPECT_THAT(Refusal(open), HasSubstr("server.publish_address"));
  Parsed(open + "access: {certificates: [{subject: a.example, role: reader}]}");
}

}  // namespace
}  // namespace carillon::config
