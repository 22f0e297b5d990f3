#include "carillon/access/authenticator.h"

#include <gtest/gtest.h>

#include <chrono>

#include "carillon/aip/error.h"
#include "jwt_callers.h"
#include "jwt_maker.h"
#include "sample_methods.h"

namespace carillon::access {
namespace {

using std::chrono::seconds;

class AuthenticatorTest : public testing::Test {
 protected:
  static Authenticator::Grant Give(const base::Secret& token, Principal principal) {
    return {*HashToken(token.Reveal()), std::move(principal)};
  }
  static std::string Header(const base::Secret& token) {
    return "Bearer " + std::string(token.Reveal());
  }
  absl::StatusOr<Authenticator::CallerPtr> Authenticate(const std::string& header,
                                                        const std::string& address) {
    return authenticator_.Authenticate(header, [&] { return address; });
  }
  v1::ErrorReason Reason(const std::string& header, const std::string& address = "10.0.0.1") {
    return aip::ReasonOf(Authenticate(header, address).status());
  }

  base::SimulatedClock clock_;
  Authenticator authenticator_{clock_};
  const base::Secret shop_ = NewToken();
  const base::Secret other_ = NewToken();
};

TEST_F(AuthenticatorTest, WithoutTokensEverybodyMayPublishAndNothingElse) {
  EXPECT_FALSE(authenticator_.asks());
  const auto caller = Authenticate("", "10.0.0.1");
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ((*caller)->principal().kind, PrincipalKind::kAnonymous);
  EXPECT_EQ((*caller)->principal().role, v1::ROLE_PUBLISHER);
  EXPECT_TRUE((*caller)->principal().MayEnter("any"));
  EXPECT_TRUE((*caller)->principal().MayPublishType("any.type"));
  EXPECT_TRUE(authenticator_.Check(**caller).ok());
  // A credential is not looked at.
  EXPECT_TRUE(Authenticate("Bearer nonsense", "10.0.0.1").ok());
}

TEST_F(AuthenticatorTest, ATokenIsItsPrincipal) {
  authenticator_.SetTokens(
      {Give(shop_, Of(v1::ROLE_PUBLISHER, {"acme"})), Give(other_, Of(v1::ROLE_READER))});
  EXPECT_TRUE(authenticator_.asks());
  const auto caller = Authenticate(Header(shop_), "10.0.0.1");
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ((*caller)->principal().tenants, std::vector<std::string>{"acme"});
  EXPECT_EQ((*Authenticate(Header(other_), "x"))->principal().role, v1::ROLE_READER);
}

TEST_F(AuthenticatorTest, SaysWhatIsWrongWithACredential) {
  Principal shop = Of(v1::ROLE_PUBLISHER, {"acme"});
  shop.expire_time = clock_.Wall() + seconds(10);
  authenticator_.SetTokens({Give(shop_, shop)});
  EXPECT_EQ(Reason(""), v1::CREDENTIALS_MISSING);
  EXPECT_EQ(Reason(Header(other_)), v1::CREDENTIALS_INVALID);
  EXPECT_EQ(Reason("Bearer car_short"), v1::CREDENTIALS_INVALID);
  EXPECT_EQ(Reason("Basic " + std::string(shop_.Reveal())), v1::CREDENTIALS_INVALID);
  EXPECT_EQ(Reason(std::string(shop_.Reveal())), v1::CREDENTIALS_INVALID);
  const auto caller = Authenticate(Header(shop_), "10.0.0.1");
  ASSERT_TRUE(caller.ok());
  clock_.Advance(seconds(10));
  EXPECT_EQ(Reason(Header(shop_)), v1::CREDENTIALS_EXPIRED);
  EXPECT_EQ(aip::ReasonOf(authenticator_.Check(**caller)), v1::CREDENTIALS_EXPIRED);
}

TEST_F(AuthenticatorTest, ATokenThatIsTakenAwayIsRevokedAtOnce) {
  const Principal acme = Of(v1::ROLE_PUBLISHER, {"acme"});
  authenticator_.SetTokens({Give(shop_, acme), Give(other_, acme)});
  const auto shop = *Authenticate(Header(shop_), "a");
  const auto other = *Authenticate(Header(other_), "a");
  authenticator_.SetTokens({Give(shop_, acme)});
  EXPECT_TRUE(authenticator_.Check(*shop).ok()) << "it is what it was";
  EXPECT_EQ(aip::ReasonOf(authenticator_.Check(*other)), v1::CREDENTIALS_INVALID);
  EXPECT_EQ(Reason(Header(other_)), v1::CREDENTIALS_INVALID);
  // It may do less than before: who calls already is asked again.
  authenticator_.SetTokens({Give(shop_, Of(v1::ROLE_PUBLISHER, {"bell"}))});
  EXPECT_EQ(aip::ReasonOf(authenticator_.Check(*shop)), v1::CREDENTIALS_INVALID);
  EXPECT_TRUE(Authenticate(Header(shop_), "a").ok());
}

TEST_F(AuthenticatorTest, WhoCameBeforeThereWereTokensIsAskedThen) {
  const auto anybody = *Authenticate("", "a");
  authenticator_.SetTokens({Give(shop_, Of(v1::ROLE_PUBLISHER))});
  EXPECT_EQ(aip::ReasonOf(authenticator_.Check(*anybody)), v1::CREDENTIALS_INVALID);
}

TEST_F(AuthenticatorTest, TokensOfTheFileAndOfTheApiHoldBesideEachOther) {
  authenticator_.SetTokensOfApi({Give(other_, Of(v1::ROLE_READER))});
  EXPECT_TRUE(authenticator_.asks()) << "those of the API are enough";
  authenticator_.SetTokens({Give(shop_, Of(v1::ROLE_PUBLISHER, {"acme"}))});
  EXPECT_TRUE(Authenticate(Header(other_), "x").ok());
  EXPECT_TRUE(Authenticate(Header(shop_), "x").ok());
  const auto shop = Authenticate(Header(shop_), "x");
  ASSERT_TRUE(shop.ok());
  // One that both have is the file's, and stays who it is when the API's goes.
  authenticator_.SetTokensOfApi({Give(shop_, Of(v1::ROLE_OPERATOR))});
  EXPECT_EQ((*Authenticate(Header(shop_), "x"))->principal().role, v1::ROLE_PUBLISHER);
  EXPECT_EQ(Reason(Header(other_)), v1::CREDENTIALS_INVALID);
  EXPECT_TRUE(authenticator_.Check(**shop).ok());
  authenticator_.SetTokens({});
  EXPECT_EQ((*Authenticate(Header(shop_), "x"))->principal().role, v1::ROLE_OPERATOR);
  EXPECT_EQ(aip::ReasonOf(authenticator_.Check(**shop)), v1::CREDENTIALS_INVALID);
}

TEST_F(AuthenticatorTest, TellsWhenATokenWasLastShown) {
  const TokenHash hash = *HashToken(shop_.Reveal());
  authenticator_.SetTokens({Give(shop_, Of(v1::ROLE_READER))});
  EXPECT_EQ(authenticator_.LastUse(hash), std::nullopt);
  clock_.Advance(seconds(100));
  ASSERT_TRUE(Authenticate(Header(shop_), "x").ok());
  const auto first = authenticator_.LastUse(hash);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(*first, std::chrono::floor<seconds>(clock_.Wall()));
  clock_.Advance(seconds(50));
  Principal changed = Of(v1::ROLE_READER);
  changed.expire_time = clock_.Wall() + seconds(1000);
  authenticator_.SetTokens({Give(shop_, changed)});
  EXPECT_EQ(authenticator_.LastUse(hash), first) << "a new end is no use";
  EXPECT_EQ(authenticator_.LastUse(*HashToken(other_.Reveal())), std::nullopt);
}

TEST_F(AuthenticatorTest, WrongOnesAreThrottledByAddressAndRightOnesAreNot) {
  authenticator_.SetTokens({Give(shop_, Of(v1::ROLE_PUBLISHER))});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Reason(Header(other_)), v1::CREDENTIALS_INVALID) << i;
  const absl::Status status = Authenticate(Header(other_), "10.0.0.1").status();
  EXPECT_EQ(aip::ReasonOf(status), v1::LOGIN_THROTTLED);
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(aip::GetDetail(status, retry));
  EXPECT_EQ(retry.retry_delay().seconds(), 10);
  EXPECT_EQ(Reason(Header(other_), "10.0.0.2"), v1::CREDENTIALS_INVALID);
  EXPECT_TRUE(Authenticate(Header(shop_), "10.0.0.1").ok());
  // To send none is no attempt to guess.
  EXPECT_EQ(Reason(""), v1::CREDENTIALS_MISSING);
}

class JwtAuthenticatorTest : public AuthenticatorTest {
 protected:
  JwtAuthenticatorTest() { authenticator_.SetIssuers({Issuer(maker_)}); }
  static JwtIssuer Issuer(const JwtMaker& maker) {
    JwtIssuer issuer;
    issuer.issuer = "https://login.example.com";
    issuer.audience = "carillon";
    issuer.keys = *JwkSet::Parse(SetOf({maker.Jwk()}));
    return issuer;
  }
  std::string Token(const JwtMaker& maker, seconds lives = seconds(300)) const {
    return "Bearer " + maker.Sign({{"iss", "https://login.example.com"},
                                   {"aud", "carillon"},
                                   {"sub", "alice"},
                                   {"exp", base::ToUnixSeconds(clock_.Wall()) + lives.count()},
                                   {"tenant", "acme"},
                                   {"role", "reader"}});
  }
  const JwtMaker maker_{JwtMaker::Kind::kEd25519};
};

TEST_F(JwtAuthenticatorTest, AJwtIsVerifiedOnceAndRemembered) {
  EXPECT_TRUE(authenticator_.asks());
  EXPECT_EQ(Reason(""), v1::CREDENTIALS_MISSING);
  const std::string token = Token(maker_);
  const auto caller = Authenticate(token, "10.0.0.1");
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ((*caller)->principal().name, "jwt:https://login.example.com#alice");
  EXPECT_TRUE(authenticator_.Check(**caller).ok());
  EXPECT_EQ(*Authenticate(token, "10.0.0.2"), *caller);
  clock_.Advance(seconds(361));
  EXPECT_EQ(aip::ReasonOf(authenticator_.Check(**caller)), v1::CREDENTIALS_EXPIRED);
  EXPECT_EQ(Reason(token), v1::CREDENTIALS_EXPIRED);
}

TEST_F(JwtAuthenticatorTest, TokensAndJwtsAreTakenBesideEachOther) {
  authenticator_.SetTokens({Give(shop_, Of(v1::ROLE_PUBLISHER, {"acme"}))});
  EXPECT_TRUE(Authenticate(Header(shop_), "x").ok());
  EXPECT_TRUE(Authenticate(Token(maker_), "x").ok());
  authenticator_.SetTokens({});
  EXPECT_TRUE(authenticator_.asks());
  authenticator_.SetIssuers({});
  EXPECT_FALSE(authenticator_.asks());
}

TEST_F(JwtAuthenticatorTest, WhenTheKeysChangeWhoeverCalledShowsItsTokenAgain) {
  const std::string token = Token(maker_);
  const auto caller = Authenticate(token, "10.0.0.1");
  ASSERT_TRUE(caller.ok());
  authenticator_.SetIssuers({Issuer(maker_)});  // a reload that changes nothing
  EXPECT_FALSE((*caller)->revoked());
  const JwtMaker next(JwtMaker::Kind::kEd25519, "k2");
  authenticator_.SetIssuers({Issuer(next)});
  EXPECT_TRUE((*caller)->revoked());
  EXPECT_EQ(aip::ReasonOf(authenticator_.Check(**caller)), v1::CREDENTIALS_INVALID);
  EXPECT_EQ(Reason(token), v1::CREDENTIALS_INVALID);
  EXPECT_TRUE(Authenticate(Token(next), "10.0.0.1").ok());
}

TEST_F(JwtAuthenticatorTest, WhoShowsManyWrongOnesWaitsBeforeMoreAreVerified) {
  const JwtMaker forger(JwtMaker::Kind::kEd25519);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Reason(Token(forger, seconds(300 + i))), v1::CREDENTIALS_INVALID);
  }
  EXPECT_EQ(Reason(Token(forger)), v1::LOGIN_THROTTLED);
  const std::string good = Token(maker_);
  EXPECT_EQ(Reason(good), v1::LOGIN_THROTTLED);      // it would have to be verified
  EXPECT_TRUE(Authenticate(good, "10.0.0.2").ok());  // it is, for another address
  EXPECT_TRUE(Authenticate(good, "10.0.0.1").ok());  // which makes it known
}

TEST(JwtCallers, NotMoreThanSoManyAreRemembered) {
  JwtCallers callers;
  const base::WallTime now{std::chrono::hours(400'000)};
  const auto hash_of = [](size_t i) { return HashText(std::to_string(i)); };
  for (size_t i = 0; i < JwtCallers::kMaxKnown + 100; ++i) {
    Principal principal;
    if (i >= 100) principal.expire_time = now + std::chrono::hours(1);
    ASSERT_NE(callers.Add(hash_of(i), principal, callers.issuers(), now), nullptr);
  }
  size_t known = 0;
  for (size_t i = 0; i < JwtCallers::kMaxKnown + 100; ++i) {
    if (callers.Find(hash_of(i), now) != nullptr) ++known;
  }
  EXPECT_EQ(known, JwtCallers::kMaxKnown);
  EXPECT_EQ(callers.Find(hash_of(5000), now + std::chrono::hours(1)), nullptr);  // it has ended
}

}  // namespace
}  // namespace carillon::access
