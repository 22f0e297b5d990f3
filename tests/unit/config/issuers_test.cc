// Issuers of JSON Web Tokens: what is read of them, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "fixtures.h"

namespace carillon::config {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// The public key of RFC 8037, appendix A.2.
constexpr char kKeySet[] =
    R"({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

std::string Issuers(const std::string& members) {
  return "access: {jwt_issuers: [{issuer: 'https://login.example.com', audience: carillon, " +
         members + "}]}\n";
}

std::string SingleQuoted(const std::string& text) { return "'" + text + "'"; }

TEST(Issuers, AreReadWithTheirKeys) {
  EXPECT_THAT(Parsed("{}").jwt_issuers, IsEmpty());
  const Config config = Parsed(Issuers("keys: " + SingleQuoted(kKeySet) +
                                       ", role_claim: /realm/roles, roles: [{value: admins, role: "
                                       "operator}, {value: x, role: reader}]"));
  ASSERT_EQ(config.jwt_issuers.size(), 1u);
  const access::JwtIssuer& issuer = config.jwt_issuers[0];
  EXPECT_EQ(issuer.issuer, "https://login.example.com");
  EXPECT_EQ(issuer.audience, "carillon");
  EXPECT_EQ(issuer.keys.size(), 1u);
  EXPECT_EQ(issuer.tenant_claim, "tenant");
  EXPECT_EQ(issuer.role_claim, "/realm/roles");
  ASSERT_EQ(issuer.roles.size(), 2u);
  EXPECT_EQ(issuer.roles[0].value, "admins");
  EXPECT_EQ(issuer.roles[0].role, v1::ROLE_OPERATOR);
}

TEST(Issuers, KeysComeFromAFile) {
  const auto file = TestFolder() / "jwks.json";
  WriteText(file, kKeySet);
  const Config config = Parsed(Issuers("keys: {file: " + file.string() + "}"));
  ASSERT_EQ(config.jwt_issuers.size(), 1u);
  EXPECT_EQ(config.jwt_issuers[0].keys.size(), 1u);
  EXPECT_EQ(config.jwt_issuers, Parsed(Issuers("keys: " + SingleQuoted(kKeySet))).jwt_issuers);
}

TEST(Issuers, WhatIsWrongIsNamed) {
  const std::string keys = "keys: " + SingleQuoted(kKeySet);
  const std::string at = "access.jwt_issuers[0].";
  EXPECT_EQ(Refusal(Issuers("keys: {}")), at + "keys: needs exactly one of value, file, url");
  EXPECT_THAT(Refusal(Issuers("keys: '{}'")),
              HasSubstr(at + "keys.value: must be a JSON Web Key Set"));
  EXPECT_THAT(Refusal(Issuers("keys: {file: /nowhere/jwks.json}")), HasSubstr(at + "keys.file: "));
  EXPECT_THAT(Refusal(Issuers(keys + ", roles: [{value: a}]")),
              HasSubstr(at + "roles[0].role: must be"));
  EXPECT_THAT(Refusal(Issuers(keys + ", roles: [{role: reader}]")),
              HasSubstr(at + "roles[0].value: must be"));
  EXPECT_THAT(
      Refusal(Issuers(keys + ", roles: [{value: a, role: reader}, {value: a, role: operator}]")),
      HasSubstr(at + "roles[1].value: is there already"));
  EXPECT_THAT(Refusal(Issuers(keys + ", role_claim: " + std::string(257, 'a'))),
              HasSubstr(at + "role_claim: must be 1-256 bytes"));
  EXPECT_THAT(Refusal("access: {jwt_issuers: [{audience: a, " + keys + "}]}"),
              HasSubstr(at + "issuer: must be 1-2048 bytes"));
  EXPECT_THAT(Refusal("access: {jwt_issuers: [{issuer: a, " + keys + "}]}"),
              HasSubstr(at + "audience: must be 1-2048 bytes"));
  const std::string one = "{issuer: a, audience: b, " + keys + "}";
  EXPECT_THAT(Refusal("access: {jwt_issuers: [" + one + ", " + one + "]}"),
              HasSubstr("access.jwt_issuers[1].issuer: is there already"));
  std::string many;
  for (int i = 0; i < 17; ++i)
    many += "{issuer: i" + std::to_string(i) + ", audience: b, " + keys + "}, ";
  EXPECT_THAT(Refusal("access: {jwt_issuers: [" + many + "]}"), HasSubstr("must be at most 16"));
}

}  // namespace
}  // namespace carillon::config
