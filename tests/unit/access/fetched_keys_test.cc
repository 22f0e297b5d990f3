// JSON Web Tokens of issuers whose keys are fetched.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "carillon/access/authenticator.h"
#include "carillon/aip/error.h"
#include "google/rpc/error_details.pb.h"
#include "jwt_maker.h"

namespace carillon::access {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kUrl[] = "https://login.example.com/keys";

class FetchedKeysTest : public testing::Test {
 protected:
  FetchedKeysTest() {
    authenticator_.SetKeyWanted([this](const std::string& url) { wanted_.push_back(url); });
    authenticator_.SetIssuers({Issuer()});
  }
  static JwtIssuer Issuer(const std::string& name = "a", const std::string& url = kUrl) {
    JwtIssuer issuer;
    issuer.issuer = name;
    issuer.audience = "carillon";
    issuer.keys_url = url;
    return issuer;
  }
  static JwkSet SetOf(const std::vector<const JwtMaker*>& makers) {
    nlohmann::json keys = nlohmann::json::array();
    for (const JwtMaker* maker : makers) keys.push_back(maker->Jwk());
    return *JwkSet::Parse(nlohmann::json{{"keys", keys}}.dump());
  }
  std::string Token(const JwtMaker& maker, const std::string& subject = "alice",
                    const std::string& issuer = "a") const {
    const auto now =
        std::chrono::floor<std::chrono::seconds>(clock_.Wall()).time_since_epoch().count();
    return maker.Sign({{"iss", issuer},
                       {"aud", "carillon"},
                       {"sub", subject},
                       {"exp", now + 600},
                       {"role", "operator"}});
  }
  absl::StatusOr<Authenticator::CallerPtr> Show(const std::string& token) {
    return authenticator_.Authenticate("Bearer " + token, [] { return std::string("10.0.0.1"); });
  }

  base::SimulatedClock clock_;
  Authenticator authenticator_{clock_};
  std::vector<std::string> wanted_;
  const JwtMaker one_{JwtMaker::Kind::kEd25519, "one"};
  const JwtMaker two_{JwtMaker::Kind::kEd25519, "two"};
};

TEST_F(FetchedKeysTest, BeforeTheyComeATokenIsToldToComeAgainAndTheyAreWanted) {
  EXPECT_TRUE(authenticator_.asks());
  const std::string token = Token(one_);
  for (int i = 0; i < 50; ++i) {
    const absl::Status refused = Show(token).status();
    EXPECT_EQ(aip::ReasonOf(refused), v1::CREDENTIALS_INVALID) << "it slows nobody down";
    google::rpc::RetryInfo retry;
    EXPECT_TRUE(aip::GetDetail(refused, retry));
  }
  EXPECT_EQ(wanted_.size(), 50u);
  EXPECT_EQ(wanted_[0], kUrl);
  authenticator_.SetKeys(kUrl, SetOf({&one_}));
  EXPECT_TRUE(Show(token).ok());
}

TEST_F(FetchedKeysTest, OnlyAnUnknownKeyIsWanted) {
  authenticator_.SetKeys(kUrl, SetOf({&one_}));
  const JwtMaker forger(JwtMaker::Kind::kEd25519, "one");
  EXPECT_EQ(aip::ReasonOf(Show(Token(forger)).status()), v1::CREDENTIALS_INVALID);
  EXPECT_EQ(aip::ReasonOf(Show(Token(one_, "a b")).status()), v1::CREDENTIALS_INVALID);
  EXPECT_EQ(aip::ReasonOf(Show(Token(two_, "alice", "b")).status()), v1::CREDENTIALS_INVALID);
  EXPECT_EQ(aip::ReasonOf(Show("a.b.c").status()), v1::CREDENTIALS_INVALID);
  EXPECT_THAT(wanted_, IsEmpty());
  EXPECT_FALSE(Show(Token(two_)).ok());
  EXPECT_THAT(wanted_, ElementsAre(kUrl));
}

TEST_F(FetchedKeysTest, AKeyMoreRevokesNobodyAndOneLessDoes) {
  authenticator_.SetIssuers({Issuer(), Issuer("b", "https://other.example/keys")});
  const JwtMaker other(JwtMaker::Kind::kP256, "other");
  authenticator_.SetKeys(kUrl, SetOf({&one_}));
  authenticator_.SetKeys("https://other.example/keys", SetOf({&other}));
  const auto alice = Show(Token(one_));
  const auto bob = Show(Token(other, "bob", "b"));
  ASSERT_TRUE(alice.ok() && bob.ok()) << alice.status() << bob.status();
  authenticator_.SetKeys(kUrl, SetOf({&two_, &one_}));
  EXPECT_TRUE(authenticator_.Check(**alice).ok());
  EXPECT_TRUE(Show(Token(two_)).ok());
  authenticator_.SetKeys(kUrl, SetOf({&two_}));
  EXPECT_EQ(aip::ReasonOf(authenticator_.Check(**alice)), v1::CREDENTIALS_INVALID);
  EXPECT_FALSE(Show(Token(one_)).ok());
  EXPECT_TRUE(authenticator_.Check(**bob).ok());
  // The same name for another key is another key.
  const JwtMaker renamed(JwtMaker::Kind::kEd25519, "two");
  const auto carol = Show(Token(two_, "carol"));
  ASSERT_TRUE(carol.ok()) << carol.status();
  authenticator_.SetKeys(kUrl, SetOf({&renamed}));
  EXPECT_FALSE(authenticator_.Check(**carol).ok());
}

TEST_F(FetchedKeysTest, AReloadKeepsWhatWasFetched) {
  authenticator_.SetKeys(kUrl, SetOf({&one_}));
  const auto alice = Show(Token(one_));
  ASSERT_TRUE(alice.ok()) << alice.status();
  authenticator_.SetIssuers({Issuer()});
  EXPECT_TRUE(authenticator_.Check(**alice).ok());
  authenticator_.SetIssuers({Issuer(), Issuer("b")});
  EXPECT_TRUE(Show(Token(one_, "bob", "b")).ok()) << "two issuers may have one set";
  authenticator_.SetIssuers({Issuer("a", "https://elsewhere.example/keys")});
  EXPECT_FALSE(Show(Token(one_)).ok());
  authenticator_.SetIssuers({Issuer()});
  EXPECT_FALSE(Show(Token(one_)).ok()) << "what nobody used was forgotten";
  authenticator_.SetKeys("https://nobody.example/keys", SetOf({&one_}));
  EXPECT_FALSE(Show(Token(one_)).ok());
}

}  // namespace
}  // namespace carillon::access
