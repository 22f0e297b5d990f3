#include "carillon/control/token_methods.h"

#include "absl/strings/str_cat.h"
#include "carillon/access/token_secret.h"
#include "control_fixtures.h"

namespace carillon::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int64_t kDay = 86'400;

class TokenMethodsTest : public ControlTest {
 protected:
  TokenMethodsTest() { Open(); }

  void Open() { tokens_ = std::make_unique<TokenMethods>(Options()); }
  TokenOptions Options() { return {*repository_, *types_[2], *types_[3], authenticator_, clock_}; }
  /// Another process goes on with what is stored.
  void Reopen() {
    tokens_.reset();
    Restart();
    Open();
  }

  static Caller Operator() { return {.principal = "token:tokens/ops", .is_operator = true}; }
  static Caller AdminOfAcme(std::optional<base::WallTime> end = std::nullopt) {
    auto credential = std::make_shared<access::Principal>();
    credential->expire_time = end;
    return {.principal = "token:tokens/admin",
            .tenants = {"acme"},
            .credential = std::move(credential)};
  }

  absl::StatusOr<v1::Token> Make(const std::string& text, const Caller& caller = Operator()) {
    const auto request = Made<v1::CreateTokenRequest>(text);
    return Await<v1::Token>(
        [&](Methods::Done done) { tokens_->Create(request, caller, std::move(done)); });
  }
  absl::StatusOr<v1::Token> Change(const std::string& text, const Caller& caller = Operator()) {
    const auto request = Made<v1::UpdateTokenRequest>(text);
    return Await<v1::Token>(
        [&](Methods::Done done) { tokens_->Update(request, caller, std::move(done)); });
  }
  absl::Status Revoke(const std::string& text, const Caller& caller = Operator()) {
    const auto request = Made<v1::DeleteTokenRequest>(text);
    return Await<google::protobuf::Empty>(
               [&](Methods::Done done) { tokens_->Delete(request, caller, std::move(done)); })
        .status();
  }
  absl::StatusOr<access::Principal> WhoIs(const std::string& token) {
    const auto caller =
        authenticator_.Authenticate("Bearer " + token, [] { return std::string("192.0.2.1"); });
    if (!caller.ok()) return caller.status();
    return (*caller)->principal();
  }
  std::vector<std::string> NamesIn(const std::string& parent) {
    const auto page = tokens_->List({.method = "ListTokens", .parent = parent}, Operator());
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> names;
    for (const Answer& token : page->resources) {
      names.push_back(static_cast<const v1::Token&>(*token).name());
      EXPECT_EQ(static_cast<const v1::Token&>(*token).token(), "");
    }
    return names;
  }
  int64_t Now() const {
    return std::chrono::floor<std::chrono::seconds>(clock_.Wall()).time_since_epoch().count();
  }
  std::string InDays(int64_t days) const { return absl::StrCat("seconds: ", Now() + days * kDay); }

  access::Authenticator authenticator_{clock_};
  std::unique_ptr<TokenMethods> tokens_;
};

TEST_F(TokenMethodsTest, ATokenIsShownOnceAndWorksWhenItIsAnswered) {
  const auto made = Make(R"(parent: "tenants/acme" token_id: "ci" token {
      role: ROLE_PUBLISHER event_types: "order.*" display_name: "CI" })");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->name(), "tenants/acme/tokens/ci");
  EXPECT_TRUE(access::LooksLikeToken(made->token()));
  EXPECT_THAT(made->etag(), HasSubstr("\""));
  EXPECT_NEAR(static_cast<double>(made->expire_time().seconds()),
              static_cast<double>(Now() + 90 * kDay), 1);

  const auto who = WhoIs(made->token());
  ASSERT_TRUE(who.ok()) << who.status();
  EXPECT_EQ(who->name, "token:tenants/acme/tokens/ci");
  EXPECT_EQ(who->role, v1::ROLE_PUBLISHER);
  EXPECT_FALSE(who->all_tenants);
  EXPECT_THAT(who->tenants, ElementsAre("acme"));
  EXPECT_THAT(who->event_types, ElementsAre("order.*"));

  const auto got = tokens_->Get(made->name());
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->token(), "");
  EXPECT_EQ(got->sha256(), made->sha256());
  EXPECT_EQ(got->etag(), made->etag());
  EXPECT_EQ(got->last_use_time().seconds(), Now());
}

TEST_F(TokenMethodsTest, NothingStoredTellsTheToken) {
  const auto made = Make(R"(token_id: "ops2" request_id: "r1" token { role: ROLE_OPERATOR })");
  ASSERT_TRUE(made.ok()) << made.status();
  for (const auto& [key, entry] : disk_.entries) {
    EXPECT_EQ(entry.value.find(made->token()), std::string::npos) << key;
  }
  const auto again = Make(R"(token_id: "ops2" request_id: "r1" token { role: ROLE_OPERATOR })");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->token(), made->token()) << "whoever made it may see it again";
}

TEST_F(TokenMethodsTest, TheyOutliveTheProcess) {
  const auto made = Make(R"(token_id: "ops2" token { role: ROLE_OPERATOR })");
  ASSERT_TRUE(made.ok()) << made.status();
  authenticator_.SetTokensOfApi({});
  Reopen();
  const auto who = WhoIs(made->token());
  ASSERT_TRUE(who.ok()) << who.status();
  EXPECT_TRUE(who->all_tenants);
  EXPECT_EQ(who->role, v1::ROLE_OPERATOR);
}

TEST_F(TokenMethodsTest, ARevokedOneIsRefusedAtOnce) {
  const auto made = Make(R"(parent: "tenants/acme" token { role: ROLE_READER })");
  const auto other = Make(R"(parent: "tenants/acme" token { role: ROLE_READER })");
  ASSERT_TRUE(made.ok() && other.ok()) << made.status() << other.status();
  EXPECT_NE(made->name(), other->name());
  const auto caller = authenticator_.Authenticate("Bearer " + made->token(),
                                                  [] { return std::string("192.0.2.1"); });
  ASSERT_TRUE(caller.ok()) << caller.status();
  const absl::Status revoked = Revoke(absl::StrCat("name: \"", made->name(), "\""));
  EXPECT_TRUE(revoked.ok()) << revoked;
  EXPECT_EQ(aip::ReasonOf(WhoIs(made->token()).status()), v1::CREDENTIALS_INVALID);
  EXPECT_EQ(aip::ReasonOf(authenticator_.Check(**caller)), v1::CREDENTIALS_INVALID);
  EXPECT_TRUE(WhoIs(other->token()).ok());
  EXPECT_EQ(aip::ReasonOf(tokens_->Get(made->name()).status()), v1::RESOURCE_NOT_FOUND);
}

TEST_F(TokenMethodsTest, AnEndIsMovedAndHolds) {
  const auto made = Make(absl::StrCat(
      R"(parent: "tenants/acme" token_id: "ci" token { role: ROLE_READER expire_time { )",
      InDays(1), " } }"));
  ASSERT_TRUE(made.ok()) << made.status();
  clock_.Advance(std::chrono::hours(23));
  EXPECT_TRUE(WhoIs(made->token()).ok());
  const auto later = Change(
      absl::StrCat(R"(token { name: "tenants/acme/tokens/ci" expire_time { )", InDays(2), " } }"));
  ASSERT_TRUE(later.ok()) << later.status();
  clock_.Advance(std::chrono::hours(47));
  EXPECT_TRUE(WhoIs(made->token()).ok());
  clock_.Advance(std::chrono::hours(2));
  EXPECT_EQ(aip::ReasonOf(WhoIs(made->token()).status()), v1::CREDENTIALS_EXPIRED);
}

TEST_F(TokenMethodsTest, OneWithoutAnEndSaysSo) {
  const auto made = Make(
      R"(token_id: "old" token { role: ROLE_OPERATOR expire_time { seconds: 253402300799 } })");
  ASSERT_TRUE(made.ok()) << made.status();
  clock_.Advance(std::chrono::days(3650));
  EXPECT_TRUE(WhoIs(made->token()).ok());
  const auto cleared =
      Change(R"(token { name: "tokens/old" } update_mask { paths: "expire_time" })");
  EXPECT_EQ(aip::ReasonOf(cleared.status()), v1::FIELD_INVALID) << cleared.status();
}

TEST_F(TokenMethodsTest, NobodyMakesOneThatMayDoMore) {
  const auto reason = [&](const std::string& text, const Caller& caller) {
    return aip::ReasonOf(Make(text, caller).status());
  };
  EXPECT_EQ(reason(R"(token { role: ROLE_OPERATOR })", AdminOfAcme()), v1::ROLE_FORBIDDEN);
  EXPECT_EQ(reason(R"(token { role: ROLE_READER tenants: "acme" })", AdminOfAcme()),
            v1::ROLE_FORBIDDEN);
  EXPECT_EQ(reason(R"(parent: "tenants/acme" token { role: ROLE_OPERATOR })", AdminOfAcme()),
            v1::FIELD_INVALID);
  EXPECT_EQ(reason(R"(parent: "tenants/acme" token { role: ROLE_READER tenants: "other" })",
                   AdminOfAcme()),
            v1::FIELD_INVALID);
  const Caller ends = AdminOfAcme(clock_.Wall() + std::chrono::days(2));
  EXPECT_EQ(
      reason(absl::StrCat(R"(parent: "tenants/acme" token { role: ROLE_READER expire_time { )",
                          InDays(3), " } }"),
             ends),
      v1::ROLE_FORBIDDEN);
  const auto cut =
      Make(R"(parent: "tenants/acme" token_id: "a" token { role: ROLE_READER })", ends);
  ASSERT_TRUE(cut.ok()) << cut.status();
  EXPECT_EQ(cut->expire_time().seconds(), Now() + 2 * kDay);
  const auto longer = Change(
      absl::StrCat(R"(token { name: "tenants/acme/tokens/a" expire_time { )", InDays(3), " } }"),
      ends);
  EXPECT_EQ(aip::ReasonOf(longer.status()), v1::ROLE_FORBIDDEN);
}

TEST_F(TokenMethodsTest, TokensOfNoTenantAreTheOperators) {
  ASSERT_TRUE(Make(R"(token_id: "ops2" token { role: ROLE_OPERATOR })").ok());
  Caller everywhere = AdminOfAcme();
  everywhere.tenants = {"-"};
  EXPECT_EQ(aip::ReasonOf(Revoke(R"(name: "tokens/ops2")", everywhere)), v1::ROLE_FORBIDDEN);
  EXPECT_EQ(aip::ReasonOf(
                Change(R"(token { name: "tokens/ops2" display_name: "x" })", everywhere).status()),
            v1::ROLE_FORBIDDEN);
}

TEST_F(TokenMethodsTest, WhatATokenIsForDoesNotChange) {
  ASSERT_TRUE(Make(R"(parent: "tenants/acme" token_id: "ci" token { role: ROLE_READER })").ok());
  EXPECT_EQ(
      aip::ReasonOf(
          Change(R"(token { name: "tenants/acme/tokens/ci" role: ROLE_PUBLISHER })").status()),
      v1::FIELD_INVALID);
  const auto renamed =
      Change(R"(token { name: "tenants/acme/tokens/ci" display_name: "New" etag: "\"old\"" })");
  EXPECT_EQ(aip::ReasonOf(renamed.status()), v1::ETAG_MISMATCH);
}

TEST_F(TokenMethodsTest, ListsAreByParent) {
  ASSERT_TRUE(Make(R"(parent: "tenants/acme" token_id: "a" token { role: ROLE_READER })").ok());
  ASSERT_TRUE(Make(R"(parent: "tenants/beta" token_id: "b" token { role: ROLE_READER })").ok());
  ASSERT_TRUE(Make(R"(token_id: "o" token { role: ROLE_OPERATOR })").ok());
  EXPECT_THAT(NamesIn(""), ElementsAre("tokens/o"));
  EXPECT_THAT(NamesIn("tenants/acme"), ElementsAre("tenants/acme/tokens/a"));
  EXPECT_THAT(NamesIn("tenants/-"), SizeIs(2));
  EXPECT_EQ(
      aip::ReasonOf(tokens_->List({.method = "ListTokens", .parent = "x"}, Operator()).status()),
      v1::FIELD_INVALID);
}

TEST_F(TokenMethodsTest, ATokenMadeElsewhereIsNeverSeen) {
  const base::Secret own = access::NewToken();
  std::string hex;
  const auto hash = access::HashToken(own.Reveal());
  ASSERT_TRUE(hash.has_value());
  for (const uint8_t byte : *hash) {
    absl::StrAppend(&hex, absl::Hex(byte, absl::kZeroPad2));
  }
  const std::string text =
      absl::StrCat(R"(parent: "tenants/acme" token { role: ROLE_READER sha256: ")", hex, "\" }");
  const auto made = Make(text);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->token(), "");
  EXPECT_TRUE(WhoIs(std::string(own.Reveal())).ok());
  EXPECT_EQ(aip::ReasonOf(Make(text).status()), v1::FIELD_INVALID) << "another has it";
}

TEST_F(TokenMethodsTest, NamesAndHashesOfTheFileAreTaken) {
  access::Authenticator::Grant of_file;
  of_file.hash.fill(0xab);
  of_file.principal.name = "token:tokens/ops";
  authenticator_.SetTokens({of_file});
  EXPECT_EQ(aip::ReasonOf(Make(R"(token_id: "ops" token { role: ROLE_OPERATOR })").status()),
            v1::NAME_IN_FILE);
  std::string hex;
  for (int i = 0; i < 32; ++i) hex += "ab";
  EXPECT_EQ(
      aip::ReasonOf(
          Make(absl::StrCat(R"(token { role: ROLE_OPERATOR sha256: ")", hex, "\" }")).status()),
      v1::NAME_IN_FILE);
}

TEST_F(TokenMethodsTest, WithoutAMasterKeyNothingIsKeptForARepetition) {
  keys_ = {};
  Reopen();
  const auto kept = Make(R"(token_id: "a" request_id: "r" token { role: ROLE_OPERATOR })");
  EXPECT_EQ(aip::ReasonOf(kept.status()), v1::MASTER_KEY_MISSING);
  EXPECT_TRUE(Make(R"(token_id: "a" token { role: ROLE_OPERATOR })").ok());
}

TEST_F(TokenMethodsTest, BadInputIsNamed) {
  const auto violations = [&](const std::string& text) {
    const absl::Status status = Make(text).status();
    google::rpc::BadRequest bad;
    EXPECT_TRUE(aip::GetDetail(status, bad)) << status;
    std::vector<std::string> fields;
    for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
    return fields;
  };
  EXPECT_THAT(violations(R"(parent: "tenants/acme" token {})"), ElementsAre("token.role"));
  EXPECT_THAT(violations(R"(parent: "x" token { role: ROLE_READER })"), ElementsAre("parent"));
  EXPECT_THAT(violations(R"(token_id: "Big" token { role: ROLE_READER })"),
              ElementsAre("token_id"));
  EXPECT_THAT(violations(R"(token { role: ROLE_PUBLISHER event_types: "a*b" })"),
              ElementsAre("token.event_types[0]"));
  EXPECT_THAT(violations(R"(token { role: ROLE_READER sha256: "abc" })"),
              ElementsAre("token.sha256"));
  EXPECT_THAT(violations(R"(token { role: ROLE_READER expire_time { seconds: 1 } })"),
              ElementsAre("token.expire_time"));
  EXPECT_THAT(violations(R"(token { role: ROLE_OPERATOR tenants: "acme" })"),
              ElementsAre("token.tenants"));
}

}  // namespace
}  // namespace carillon::control
