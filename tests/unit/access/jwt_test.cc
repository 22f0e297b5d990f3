// JSON Web Tokens: whose are taken, and what makes one that is refused.
#include "carillon/access/jwt.h"

#include <gmock/gmock.h>

#include "carillon/aip/error.h"
#include "jwt_maker.h"

namespace carillon::access {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kIssuer[] = "https://login.example.com";

class JwtTest : public testing::Test {
 protected:
  json Claims() const {
    return {{"iss", kIssuer},    {"aud", "carillon"},     {"sub", "alice"},
            {"exp", now_ + 300}, {"tenant", {"b", "a"}},  {"role", "tenant_admin"},
            {"iat", now_},       {"extra", {{"x", true}}}};
  }
  json With(const char* name, const json& value) const {
    json claims = Claims();
    claims[name] = value;
    return claims;
  }
  json Without(const char* name) const {
    json claims = Claims();
    claims.erase(name);
    return claims;
  }
  JwtIssuer Issuer(const std::vector<json>& keys) const {
    JwtIssuer issuer;
    issuer.issuer = kIssuer;
    issuer.audience = "carillon";
    const auto set = JwkSet::Parse(SetOf(keys));
    EXPECT_TRUE(set.ok()) << set.status();
    if (set.ok()) issuer.keys = *set;
    return issuer;
  }
  absl::StatusOr<Principal> Verify(const std::string& token) const {
    return VerifyJwt({issuer_}, token, base::WallTime(std::chrono::seconds(now_)));
  }
  /// Refused, for this reason.
  void Refuses(const std::string& token, const std::string& why) const {
    const auto principal = Verify(token);
    EXPECT_EQ(aip::ReasonOf(principal.status()), v1::CREDENTIALS_INVALID) << principal.status();
    EXPECT_THAT(std::string(principal.status().message()), HasSubstr(why));
  }

  const int64_t now_ = 1'700'000'000;
  const JwtMaker maker_{JwtMaker::Kind::kEd25519};
  JwtIssuer issuer_ = Issuer({maker_.Jwk()});
};

TEST_F(JwtTest, TheClaimsSayWhoCalls) {
  const auto principal = Verify(maker_.Sign(Claims()));
  ASSERT_TRUE(principal.ok()) << principal.status();
  EXPECT_EQ(principal->kind, PrincipalKind::kJwt);
  EXPECT_EQ(principal->name, "jwt:https://login.example.com#alice");
  EXPECT_EQ(principal->role, v1::ROLE_TENANT_ADMIN);
  EXPECT_THAT(principal->tenants, ElementsAre("a", "b"));
  EXPECT_FALSE(principal->all_tenants);
  EXPECT_TRUE(principal->MayEnter("a"));
  EXPECT_FALSE(principal->MayEnter("c"));
  EXPECT_EQ(principal->expire_time, base::WallTime(std::chrono::seconds(now_ + 300 + 60)));
}

TEST_F(JwtTest, EveryAlgorithmIsVerified) {
  for (const auto kind : {JwtMaker::Kind::kRsa, JwtMaker::Kind::kP256, JwtMaker::Kind::kEd25519}) {
    const JwtMaker maker(kind);
    const JwtMaker other(kind);
    issuer_ = Issuer({maker.Jwk()});
    EXPECT_TRUE(Verify(maker.Sign(Claims())).ok()) << maker.algorithm();
    Refuses(other.Sign(Claims()), "signature");
    // Each bit of the signature counts, and so do the header and the claims.
    std::string token = maker.Sign(Claims());
    const size_t dot = token.rfind('.');
    for (const size_t at : {dot + 1, dot + 20, token.find('.') + 5}) {
      std::string changed = token;
      changed[at] = changed[at] == 'A' ? 'B' : 'A';
      EXPECT_FALSE(Verify(changed).ok()) << maker.algorithm() << " " << at;
    }
    Refuses(token.substr(0, dot + 1), "signature");
    EXPECT_FALSE(Verify(token.substr(0, token.size() - 8)).ok()) << maker.algorithm();
  }
}

TEST_F(JwtTest, NoneAndSecretsOfEverybodyAreNoAlgorithms) {
  const JwtMaker rsa(JwtMaker::Kind::kRsa);
  issuer_ = Issuer({rsa.Jwk()});
  for (const char* const algorithm :
       {"none", "None", "HS256", "HS512", "RS384", "PS256", "rs256", ""}) {
    json header = rsa.Header();
    header["alg"] = algorithm;
    Refuses(rsa.Sign(header, Claims().dump()), "alg must be");
    const std::string message = Base64Url(header.dump()) + "." + Base64Url(Claims().dump());
    Refuses(message + ".", "alg must be");
    // HMAC with the public key, which everybody has.
    const std::string key = rsa.Jwk().dump();
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(message.data()), message.size(), mac, &size);
    Refuses(message + "." + Base64Url(std::string(reinterpret_cast<char*>(mac), size)),
            "alg must be");
  }
  json header = rsa.Header();
  header.erase("alg");
  Refuses(rsa.Sign(header, Claims().dump()), "alg must be");
  header["alg"] = json::array({"RS256"});
  Refuses(rsa.Sign(header, Claims().dump()), "alg must be");
  // A key is for its own algorithm only.
  header["alg"] = "ES256";
  Refuses(rsa.Sign(header, Claims().dump()), "signature");
}

TEST_F(JwtTest, TheKeyIsTheOneThatTheTokenNames) {
  const JwtMaker old(JwtMaker::Kind::kEd25519, "2026-01");
  const JwtMaker next(JwtMaker::Kind::kEd25519, "2026-02");
  issuer_ = Issuer({old.Jwk(), next.Jwk()});
  EXPECT_TRUE(Verify(old.Sign(Claims())).ok());
  EXPECT_TRUE(Verify(next.Sign(Claims())).ok());
  json header = old.Header();
  header["kid"] = "2026-02";
  Refuses(old.Sign(header, Claims().dump()), "signature");
  header["kid"] = "2025-12";
  Refuses(old.Sign(header, Claims().dump()), "signature");
  header["kid"] = 17;
  Refuses(old.Sign(header, Claims().dump()), "kid");
  header.erase("kid");  // which of the two is not said
  Refuses(old.Sign(header, Claims().dump()), "signature");
  issuer_ = Issuer({old.Jwk()});
  EXPECT_TRUE(Verify(old.Sign(header, Claims().dump())).ok());
  Refuses(next.Sign(Claims()), "signature");  // rotated away
}

TEST_F(JwtTest, ItMustBeForThisAudienceAndByAnIssuerThatIsKnown) {
  EXPECT_TRUE(Verify(maker_.Sign(With("aud", {"other", "carillon"}))).ok());
  for (const json& bad : {json("other"), json("carillon "), json::array(), json({"other"}),
                          json({{"x", "carillon"}}), json(17), json(nullptr)}) {
    Refuses(maker_.Sign(With("aud", bad)), "audience");
  }
  Refuses(maker_.Sign(Without("aud")), "audience");
  for (const json& bad :
       {json("https://login.example.com/"), json("HTTPS://LOGIN.EXAMPLE.COM"), json(1)}) {
    Refuses(maker_.Sign(With("iss", bad)), "issuer");
  }
  Refuses(maker_.Sign(Without("iss")), "issuer");
  // Issuers are told apart: one cannot speak for the other.
  JwtIssuer other = Issuer({JwtMaker(JwtMaker::Kind::kEd25519).Jwk()});
  other.issuer = "https://other.example.com";
  const auto principal =
      VerifyJwt({issuer_, other}, maker_.Sign(With("iss", "https://other.example.com")),
                base::WallTime(std::chrono::seconds(now_)));
  EXPECT_EQ(aip::ReasonOf(principal.status()), v1::CREDENTIALS_INVALID);
}

TEST_F(JwtTest, ItsTimeIsNow) {
  EXPECT_TRUE(Verify(maker_.Sign(With("exp", now_ - 59))).ok());  // clocks differ
  EXPECT_EQ(aip::ReasonOf(Verify(maker_.Sign(With("exp", now_ - 60))).status()),
            v1::CREDENTIALS_EXPIRED);
  EXPECT_TRUE(Verify(maker_.Sign(With("exp", now_ + 0.5))).ok());
  EXPECT_TRUE(Verify(maker_.Sign(With("exp", 1e300))).ok());  // no number overflows
  Refuses(maker_.Sign(Without("exp")), "exp");
  for (const json& bad : {json("1800000000"), json(-1), json(nullptr), json(true)}) {
    Refuses(maker_.Sign(With("exp", bad)), "exp");
    Refuses(maker_.Sign(With("nbf", bad)), "nbf");
  }
  for (const char* const name : {"nbf", "iat"}) {
    EXPECT_TRUE(Verify(maker_.Sign(With(name, now_ + 60))).ok());
    Refuses(maker_.Sign(With(name, now_ + 61)), name);
  }
  EXPECT_TRUE(Verify(maker_.Sign(Without("iat"))).ok());
}

TEST_F(JwtTest, RolesAndTenantsAreMapped) {
  const auto role_of = [this](const json& value) {
    const auto principal = Verify(maker_.Sign(With("role", value)));
    return principal.ok() ? principal->role : v1::ROLE_UNSPECIFIED;
  };
  EXPECT_EQ(role_of("reader"), v1::ROLE_READER);
  EXPECT_EQ(role_of({"x", "publisher", "reader"}), v1::ROLE_READER);  // the one that may do more
  for (const json& bad : {json("Operator"), json("admin"), json(""), json::array(), json(1),
                          json::array({1, "reader"}), json(nullptr)}) {
    Refuses(maker_.Sign(With("role", bad)), "role");
  }
  issuer_.role_claim = "/realm_access/roles";
  issuer_.tenant_claim = "https://example.com/tenants";
  issuer_.roles = {{"webhook-admins", v1::ROLE_OPERATOR}, {"webhooks", v1::ROLE_PUBLISHER}};
  json claims = Claims();
  claims["realm_access"] = {{"roles", {"offline", "webhooks"}}};
  claims["https://example.com/tenants"] = "acme";
  auto principal = Verify(maker_.Sign(claims));
  ASSERT_TRUE(principal.ok()) << principal.status();
  EXPECT_EQ(principal->role, v1::ROLE_PUBLISHER);
  EXPECT_THAT(principal->tenants, ElementsAre("acme"));
  claims["realm_access"]["roles"] = {"operator"};  // stands for itself no more
  Refuses(maker_.Sign(claims), "role");
  claims["realm_access"] = "webhooks";
  Refuses(maker_.Sign(claims), "role");
  claims["realm_access"] = {{"roles", {"webhook-admins"}}};
  claims.erase("https://example.com/tenants");
  principal = Verify(maker_.Sign(claims));
  ASSERT_TRUE(principal.ok()) << principal.status();
  EXPECT_TRUE(principal->all_tenants);
}

TEST_F(JwtTest, NobodyButAnOperatorIsForAllTenants) {
  for (const json& bad : {json("-"), json("*"), json(""), json::array(), json("a/b"), json(".."),
                          json(std::string(129, 'a')), json({"a", 1}), json({{"a", "b"}})}) {
    Refuses(maker_.Sign(With("tenant", bad)), "tenant");
  }
  Refuses(maker_.Sign(Without("tenant")), "tenant");
  Refuses(maker_.Sign(With("tenant", std::vector<std::string>(1001, "a"))), "tenant");
}

TEST_F(JwtTest, WhatCanBeReadInTwoWaysIsRefused) {
  const std::string claims = Claims().dump();
  Refuses(maker_.Sign(maker_.Header(), claims.substr(0, claims.size() - 1) + ",\"sub\":\"bob\"}"),
          "RFC 7515");
  Refuses(maker_.Sign(maker_.Header(), claims + " {}"), "RFC 7515");
  Refuses(maker_.Sign(maker_.Header(), "[" + claims + "]"), "RFC 7515");
  std::string deep = "1";
  for (int i = 0; i < 40; ++i) deep = "[" + deep + "]";
  Refuses(
      maker_.Sign(maker_.Header(), claims.substr(0, claims.size() - 1) + ",\"deep\":" + deep + "}"),
      "RFC 7515");
  const std::string token = maker_.Sign(Claims());
  Refuses(token + "=", "RFC 7515");
  Refuses(token + ".", "three parts");
  Refuses(token + std::string(kMaxJwtBytes, 'A'), "16 KiB");
  Refuses("a.b", "three parts");
  Refuses("..", "RFC 7515");
  json header = maker_.Header();
  header["crit"] = {"exp"};
  Refuses(maker_.Sign(header, claims), "crit");
  for (const json& bad : {json(""), json("a b"), json("a\nb"), json("\xc3\xa4"), json(1),
                          json(std::string(257, 'a'))}) {
    Refuses(maker_.Sign(With("sub", bad)), "sub");
  }
  Refuses(maker_.Sign(Without("sub")), "sub");
}

std::string ParseError(const std::string& text) {
  return std::string(JwkSet::Parse(text).status().message());
}

TEST(JwkSet, HasTheKeysThatSign) {
  const JwtMaker rsa(JwtMaker::Kind::kRsa, "a"), p256(JwtMaker::Kind::kP256, "b"),
      ed(JwtMaker::Kind::kEd25519, "c");
  json encrypts = rsa.Jwk();
  encrypts["use"] = "enc";
  const auto set = JwkSet::Parse(SetOf({rsa.Jwk(),
                                        p256.Jwk(),
                                        ed.Jwk(),
                                        encrypts,
                                        {{"kty", "EC"}, {"crv", "P-521"}, {"kid", "d"}},
                                        {{"kty", "new"}}}));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->size(), 3u);
}

TEST(JwkSet, WhatIsNoneIsRefused) {
  EXPECT_THAT(ParseError(""), HasSubstr("JSON Web Key Set"));
  EXPECT_THAT(ParseError("{\"keys\": {}}"), HasSubstr("JSON Web Key Set"));
  EXPECT_THAT(ParseError("{\"keys\": []}"), HasSubstr("no key"));
  EXPECT_THAT(ParseError("{\"keys\": [1]}"), HasSubstr("no object"));
  EXPECT_THAT(ParseError(std::string(JwkSet::kMaxBytes + 1, ' ')), HasSubstr("256 KiB"));
  const JwtMaker ed(JwtMaker::Kind::kEd25519), p256(JwtMaker::Kind::kP256);
  EXPECT_THAT(ParseError(SetOf(std::vector<json>(65, ed.Jwk()))), HasSubstr("64"));
  EXPECT_THAT(ParseError(SetOf({ed.Jwk(), ed.Jwk()})), HasSubstr("two keys"));
  json secret = ed.Jwk();
  secret["d"] = "x";
  EXPECT_THAT(ParseError(SetOf({secret})), HasSubstr("private"));
  EXPECT_THAT(ParseError(SetOf({ed.Jwk(), {{"kty", "oct"}, {"k", "AA"}}})), HasSubstr("secret"));
  EXPECT_THAT(ParseError(SetOf({JwtMaker(JwtMaker::Kind::kRsa, "weak", 1024).Jwk()})),
              HasSubstr("'weak'"));
  json off = p256.Jwk();
  off["y"] = off["x"];  // no point of the curve
  EXPECT_THAT(ParseError(SetOf({off})), HasSubstr("is none"));
  json cut = ed.Jwk();
  cut["x"] = "AAAA";
  EXPECT_THAT(ParseError(SetOf({cut})), HasSubstr("is none"));
}

}  // namespace
}  // namespace carillon::access
