#include "carillon/control/portal_methods.h"

#include "absl/strings/str_cat.h"
#include "carillon/access/token_secret.h"
#include "control_fixtures.h"

namespace carillon::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

constexpr char kUser17[] = R"(parent: "tenants/acme" portal_session { subject: "user-17" })";

class PortalMethodsTest : public ControlTest {
 protected:
  PortalMethodsTest() {
    authenticator_.SetTokens({{.hash = {1}, .principal = {}}});  // of who makes sessions
    Open();
  }

  void Open() {
    portals_ = std::make_unique<PortalMethods>(
        PortalOptions{*repository_, *types_[6], authenticator_, audit_.get(), clock_});
  }
  /// Another process goes on with what is stored.
  void Reopen() {
    portals_.reset();
    Restart();
    Open();
  }

  static Caller Admin(std::optional<base::WallTime> end = std::nullopt) {
    auto credential = std::make_shared<access::Principal>();
    credential->expire_time = end;
    return {.principal = "token:tokens/backend",
            .tenants = {"acme"},
            .credential = std::move(credential)};
  }
  absl::StatusOr<v1::PortalSession> Make(const std::string& text = kUser17,
                                         const Caller& caller = Admin()) {
    const auto request = Made<v1::CreatePortalSessionRequest>(text);
    return Await<v1::PortalSession>(
        [&](Methods::Done done) { portals_->Create(request, caller, std::move(done)); });
  }
  absl::StatusOr<v1::OpenPortalSessionResponse> OpenLink(const std::string& link,
                                                         const std::string& from = "192.0.2.1") {
    v1::OpenPortalSessionRequest request;
    request.set_link(link);
    trail_ = std::make_shared<CallTrail>();
    trail_->remote_address = from;
    trail_->changes = true;
    trail_->method = "carillon.v1.PortalService/OpenPortalSession";
    return Await<v1::OpenPortalSessionResponse>([&](Methods::Done done) {
      portals_->Open(request, Caller{.tenants = {}, .trail = trail_}, std::move(done));
    });
  }
  absl::Status Delete(const std::string& text) {
    const auto request = Made<v1::DeletePortalSessionRequest>(text);
    return Await<google::protobuf::Empty>(
               [&](Methods::Done done) { portals_->Delete(request, Admin(), std::move(done)); })
        .status();
  }
  absl::StatusOr<access::Principal> WhoIs(const std::string& token) {
    const auto caller =
        authenticator_.Authenticate("Bearer " + token, [] { return std::string("192.0.2.1"); });
    if (!caller.ok()) return caller.status();
    return (*caller)->principal();
  }
  std::vector<std::string> NamesIn(const std::string& parent) {
    const auto page = portals_->List({.method = "ListPortalSessions", .parent = parent}, Admin());
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> names;
    for (const Answer& each : page->resources) {
      const auto& session = static_cast<const v1::PortalSession&>(*each);
      EXPECT_EQ(session.url(), "");
      names.push_back(session.name());
    }
    return names;
  }
  static std::string LinkOf(const v1::PortalSession& session) {
    return session.url().substr(session.url().rfind('#') + 1);
  }
  int64_t Now() const {
    return std::chrono::floor<std::chrono::seconds>(clock_.Wall()).time_since_epoch().count();
  }
  static v1::ErrorReason ReasonOf(const absl::Status& status) { return aip::ReasonOf(status); }
  std::string NameText(const v1::PortalSession& session) {
    return absl::StrCat("name: \"", session.name(), "\"");
  }

  access::Authenticator authenticator_{clock_};
  std::unique_ptr<PortalMethods> portals_;
  std::shared_ptr<CallTrail> trail_;
};

TEST_F(PortalMethodsTest, ALinkIsOpenedOnceAndItsTokenWorksWhenItIsAnswered) {
  const auto made = Make();
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->name(), MatchesRegex("tenants/acme/portalSessions/[0-9a-f]{16}"));
  EXPECT_THAT(made->url(), MatchesRegex("https://hooks.example.com/console/p#[A-Za-z0-9_-]{43}"));
  EXPECT_EQ(made->role(), v1::ROLE_TENANT_ADMIN);
  EXPECT_EQ(made->expire_time().seconds(), Now() + 3600);
  EXPECT_FALSE(made->has_ttl());
  EXPECT_FALSE(made->has_open_time());

  const auto opened = OpenLink(LinkOf(*made));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_TRUE(access::LooksLikeToken(opened->token()));
  EXPECT_EQ(opened->portal_session().name(), made->name());
  EXPECT_EQ(opened->portal_session().open_time().seconds(), Now());
  const auto who = WhoIs(opened->token());
  ASSERT_TRUE(who.ok()) << who.status();
  EXPECT_EQ(who->kind, access::PrincipalKind::kPortal);
  EXPECT_EQ(who->name, absl::StrCat("portal:", made->name(), "#user-17"));
  EXPECT_EQ(who->role, v1::ROLE_TENANT_ADMIN);
  EXPECT_FALSE(who->all_tenants);
  EXPECT_THAT(who->tenants, ElementsAre("acme"));

  EXPECT_EQ(ReasonOf(OpenLink(LinkOf(*made)).status()), v1::CREDENTIALS_INVALID);
  EXPECT_TRUE(WhoIs(opened->token()).ok());
  EXPECT_EQ(ReasonOf(WhoIs("car_" + LinkOf(*made)).status()), v1::CREDENTIALS_INVALID)
      << "the link is no token";
}

TEST_F(PortalMethodsTest, NothingStoredTellsLinkOrToken) {
  const auto made = Make();
  ASSERT_TRUE(made.ok()) << made.status();
  const auto opened = OpenLink(LinkOf(*made));
  ASSERT_TRUE(opened.ok()) << opened.status();
  for (const auto& [key, entry] : disk_.entries) {
    EXPECT_EQ(entry.value.find(LinkOf(*made)), std::string::npos) << key;
    EXPECT_EQ(entry.value.find(opened->token()), std::string::npos) << key;
  }
  const auto got = portals_->Get(made->name());
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(static_cast<const v1::PortalSession&>(**got).url(), "");
  EXPECT_THAT(NamesIn("tenants/acme"), ElementsAre(made->name()));
  EXPECT_THAT(NamesIn("tenants/other"), SizeIs(0));
}

TEST_F(PortalMethodsTest, ItsLooksAreKept) {
  const auto made = Make(R"(parent: "tenants/acme" portal_session {
      theme { scheme: DARK accent: "#a04F00" } })");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->theme().scheme(), v1::PortalTheme::DARK);
  const auto opened = OpenLink(LinkOf(*made));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->portal_session().theme().accent(), "#a04F00");
  const auto got = portals_->Get(made->name());
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(static_cast<const v1::PortalSession&>(**got).theme().scheme(), v1::PortalTheme::DARK);
}

TEST_F(PortalMethodsTest, AnsweredAgainByRequestId) {
  const std::string text = absl::StrCat(kUser17, " request_id: \"r1\"");
  const auto made = Make(text);
  const auto again = Make(text);
  ASSERT_TRUE(made.ok() && again.ok()) << made.status() << again.status();
  EXPECT_EQ(made->url(), again->url());
  EXPECT_THAT(NamesIn("tenants/acme"), SizeIs(1));
  EXPECT_EQ(ReasonOf(Make(absl::StrCat(R"(parent: "tenants/acme" portal_session { subject: "x" } )",
                                       "request_id: \"r1\""))
                         .status()),
            v1::REQUEST_ID_REUSED);
}

TEST_F(PortalMethodsTest, ALinkLivesForTenMinutes) {
  const auto one = Make();
  const auto other = Make();
  ASSERT_TRUE(one.ok() && other.ok()) << one.status() << other.status();
  clock_.Advance(PortalMethods::kLinkLife - std::chrono::seconds(1));
  EXPECT_TRUE(OpenLink(LinkOf(*one)).ok());
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(ReasonOf(OpenLink(LinkOf(*other)).status()), v1::CREDENTIALS_INVALID);
}

TEST_F(PortalMethodsTest, ASessionEndsWhenItsTimeIsOverAndIsRemoved) {
  const auto made = Make(R"(parent: "tenants/acme" portal_session {
      role: ROLE_READER ttl { seconds: 60 } })");
  ASSERT_TRUE(made.ok()) << made.status();
  const auto opened = OpenLink(LinkOf(*made));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(WhoIs(opened->token())->name, absl::StrCat("portal:", made->name()));
  EXPECT_EQ(WhoIs(opened->token())->role, v1::ROLE_READER);
  clock_.Advance(std::chrono::seconds(61));
  EXPECT_EQ(ReasonOf(WhoIs(opened->token()).status()), v1::CREDENTIALS_EXPIRED);
  const auto next = Make();
  ASSERT_TRUE(next.ok()) << next.status();
  const auto last = Make();  // its turn comes after that of what is removed
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(ReasonOf(portals_->Get(made->name()).status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_THAT(NamesIn("tenants/-"), SizeIs(2));
}

TEST_F(PortalMethodsTest, DeletedItEndsAtOnce) {
  const auto open = Make();
  const auto closed = Make();
  ASSERT_TRUE(open.ok() && closed.ok()) << open.status() << closed.status();
  const auto opened = OpenLink(LinkOf(*open));
  ASSERT_TRUE(opened.ok()) << opened.status();
  const auto caller = authenticator_.Authenticate("Bearer " + opened->token(),
                                                  [] { return std::string("192.0.2.1"); });
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(ReasonOf(Delete(NameText(*open) + " etag: \"\\\"no\\\"\"")), v1::ETAG_MISMATCH);
  EXPECT_TRUE(WhoIs(opened->token()).ok());
  EXPECT_TRUE(Delete(NameText(*open)).ok());
  EXPECT_TRUE(Delete(NameText(*closed)).ok());
  EXPECT_EQ(ReasonOf(WhoIs(opened->token()).status()), v1::CREDENTIALS_INVALID);
  EXPECT_EQ(ReasonOf(authenticator_.Check(**caller)), v1::CREDENTIALS_INVALID);
  EXPECT_EQ(ReasonOf(OpenLink(LinkOf(*closed)).status()), v1::CREDENTIALS_INVALID);
  EXPECT_EQ(ReasonOf(Delete(NameText(*open))), v1::RESOURCE_NOT_FOUND);
  EXPECT_TRUE(Delete(NameText(*open) + " allow_missing: true").ok());
}

TEST_F(PortalMethodsTest, TheyOutliveTheProcess) {
  const auto one = Make();
  const auto other = Make();
  ASSERT_TRUE(one.ok() && other.ok()) << one.status() << other.status();
  const auto opened = OpenLink(LinkOf(*one));
  ASSERT_TRUE(opened.ok()) << opened.status();
  authenticator_.SetTokensOfPortals({});
  Reopen();
  EXPECT_TRUE(WhoIs(opened->token()).ok());
  EXPECT_EQ(ReasonOf(OpenLink(LinkOf(*one)).status()), v1::CREDENTIALS_INVALID);
  EXPECT_TRUE(OpenLink(LinkOf(*other)).ok());
}

TEST_F(PortalMethodsTest, WhatOthersHaveDeletedIsForgotten) {
  const auto made = Make();
  ASSERT_TRUE(made.ok()) << made.status();
  const auto opened = OpenLink(LinkOf(*made));
  ASSERT_TRUE(opened.ok()) << opened.status();
  const Methods sessions(*repository_, *types_[6], clock_);
  const v1::DeletePortalSessionRequest request;
  const auto deleted = Await<google::protobuf::Empty>([&](Methods::Done done) {
    const_cast<Methods&>(sessions).Delete(
        {"DeleteTenant", request}, Admin(), {.name = made->name()},
        [](const auto&) { return std::make_unique<google::protobuf::Empty>(); }, std::move(done));
  });
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  portals_->RenewAll();
  EXPECT_EQ(ReasonOf(WhoIs(opened->token()).status()), v1::CREDENTIALS_INVALID);
}

TEST_F(PortalMethodsTest, ItDoesNotOutliveTheCredentialThatMakesIt) {
  const auto made = Make(kUser17, Admin(clock_.Wall() + std::chrono::minutes(5)));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->expire_time().seconds(), Now() + 300);
  EXPECT_EQ(ReasonOf(Make(kUser17, Admin(clock_.Wall())).status()), v1::ROLE_FORBIDDEN);
  const auto longer = Make(kUser17, Admin(clock_.Wall() + std::chrono::hours(5)));
  ASSERT_TRUE(longer.ok()) << longer.status();
  EXPECT_EQ(longer->expire_time().seconds(), Now() + 3600);
}

TEST_F(PortalMethodsTest, GuessingIsThrottledByAddress) {
  const auto made = Make();
  ASSERT_TRUE(made.ok()) << made.status();
  absl::Status refused;
  for (int i = 0; i < 12; ++i) refused = OpenLink(absl::StrCat("guess", i)).status();
  EXPECT_EQ(ReasonOf(refused), v1::LOGIN_THROTTLED);
  EXPECT_EQ(ReasonOf(OpenLink(LinkOf(*made)).status()), v1::LOGIN_THROTTLED);
  EXPECT_TRUE(OpenLink(LinkOf(*made), "192.0.2.2").ok());
}

TEST_F(PortalMethodsTest, TheAuditLogHasWhoOpenedIt) {
  const auto made = Make();
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_FALSE(OpenLink("guess").ok());
  ASSERT_TRUE(OpenLink(LinkOf(*made)).ok());
  const auto part = audit_->Read("", true, 10);
  ASSERT_TRUE(part.ok()) << part.status();
  const v1::AuditEntry& entry = part->entries.at(0);
  EXPECT_EQ(entry.principal(), absl::StrCat("portal:", made->name(), "#user-17"));
  EXPECT_EQ(entry.changes(0).resource(), made->name());
  EXPECT_TRUE(trail_->settled);
}

TEST_F(PortalMethodsTest, WhatIsWrongIsSaid) {
  const auto refusal = [&](const std::string& text) { return Make(text).status(); };
  const auto session = [](const std::string& members) {
    return absl::StrCat("parent: \"tenants/acme\" portal_session { ", members, " }");
  };
  for (const char* ttl : {"ttl { seconds: 59 }", "ttl { seconds: 86401 }", "ttl { nanos: 5 }",
                          "ttl { seconds: 90 nanos: 1 }", "ttl { seconds: -90 }"}) {
    const absl::Status status = refusal(session(ttl));
    EXPECT_EQ(ReasonOf(status), v1::FIELD_INVALID) << ttl;
    EXPECT_THAT(std::string(status.message()), HasSubstr("portal_session.ttl")) << ttl;
  }
  for (const char* role : {"ROLE_OPERATOR", "ROLE_PUBLISHER"}) {
    const absl::Status status = refusal(session(absl::StrCat("role: ", role)));
    EXPECT_THAT(std::string(status.message()), HasSubstr("portal_session.role")) << role;
  }
  EXPECT_THAT(std::string(refusal(session("subject: \"a\\nb\"")).message()),
              HasSubstr("portal_session.subject"));
  EXPECT_THAT(std::string(refusal(session("subject: \"" + std::string(257, 'a') + "\"")).message()),
              HasSubstr("at most 256 bytes"));
  for (const char* accent : {"2458c5", "#2458c", "#2458c50", "#2458cg", "red", "#fff;x"}) {
    EXPECT_THAT(
        std::string(refusal(session(absl::StrCat("theme { accent: \"", accent, "\" }"))).message()),
        HasSubstr("portal_session.theme.accent"))
        << accent;
  }
  EXPECT_THAT(std::string(refusal(session("theme { scheme: 7 }")).message()),
              HasSubstr("portal_session.theme.scheme"));
  for (const char* parent : {"", "tenants/-", "tenants/a b", "acme"}) {
    EXPECT_EQ(ReasonOf(refusal(absl::StrCat("parent: \"", parent, "\" portal_session {}"))),
              v1::FIELD_INVALID)
        << parent;
  }
  EXPECT_THAT(NamesIn("tenants/-"), SizeIs(0));
  public_url_.clear();
  EXPECT_THAT(std::string(refusal(kUser17).message()), HasSubstr("access.public_url"));
}

TEST_F(PortalMethodsTest, ADryRunMakesNone) {
  const auto tried = Make(absl::StrCat(kUser17, " validate_only: true"));
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_EQ(tried->url(), "");
  EXPECT_THAT(NamesIn("tenants/-"), SizeIs(0));
}

TEST_F(PortalMethodsTest, WithoutAMasterKeyItWorksWithoutRequestId) {
  portals_.reset();
  End();
  disk_ = {};
  keys_ = {};
  Start();
  Open();
  EXPECT_EQ(ReasonOf(Make(absl::StrCat(kUser17, " request_id: \"r1\"")).status()),
            v1::MASTER_KEY_MISSING);
  const auto made = Make();
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(OpenLink(LinkOf(*made)).ok());
}

TEST_F(PortalMethodsTest, ATenantHasSoManyAndThoseThatEndedDoNotCount) {
  for (size_t i = 0; i < PortalMethods::kMaxOfTenant; ++i) ASSERT_TRUE(Make().ok()) << i;
  EXPECT_EQ(ReasonOf(Make().status()), v1::QUOTA_EXCEEDED);
  EXPECT_TRUE(Make(R"(parent: "tenants/other" portal_session {})").ok());
  clock_.Advance(PortalMethods::kLinkLife);
  EXPECT_TRUE(Make().ok());
}

}  // namespace
}  // namespace carillon::control
