#include "carillon/control/audit_log.h"

#include "absl/strings/str_cat.h"
#include "carillon/control/audit_methods.h"
#include "control_fixtures.h"

namespace carillon::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AuditLogTest : public ControlTest {
 protected:
  AuditLogTest() { Open(); }
  ~AuditLogTest() override { methods_.reset(); }

  void Open() {
    methods_ = std::make_unique<AuditMethods>(*audit_, repository_->page_tokens(), clock_);
  }
  void Reopen() {
    methods_.reset();
    Restart();
    Open();
  }

  static std::shared_ptr<CallTrail> Trail(const std::string& method = "CreateDestination") {
    auto trail = std::make_shared<CallTrail>();
    trail->principal = "token:tokens/ops";
    trail->role = v1::ROLE_OPERATOR;
    trail->remote_address = "192.0.2.7";
    trail->user_agent = "curl/8";
    trail->method = "carillon.v1.DestinationService/" + method;
    trail->changes = true;
    return trail;
  }
  absl::StatusOr<v1::Destination> CreateAs(const std::shared_ptr<CallTrail>& trail,
                                           const std::string& id, const std::string& text,
                                           const Said& said = {}) {
    const auto given = Made<v1::Destination>(text);
    trail->request_id = said.request_id;
    return Await<v1::Destination>([&](Methods::Done done) {
      destinations_->Create({trail->method, given, said.request_id, said.validate_only},
                            {.principal = trail->principal, .trail = trail}, said.parent, id, given,
                            std::move(done));
    });
  }
  absl::StatusOr<v1::Destination> UpdateAs(const v1::Destination& given) {
    const auto trail = Trail("UpdateDestination");
    return Await<v1::Destination>([&](Methods::Done done) {
      destinations_->Update({trail->method, given}, {.principal = trail->principal, .trail = trail},
                            given, {}, false, std::move(done));
    });
  }
  absl::StatusOr<v1::ListAuditEntriesResponse> List(const std::string& text,
                                                    std::vector<std::string> tenants = {"-"}) {
    const auto request = Made<v1::ListAuditEntriesRequest>(text);
    return Await<v1::ListAuditEntriesResponse>([&](Methods::Done done) {
      methods_->List(request, {.principal = "x", .tenants = tenants}, std::move(done));
    });
  }
  std::vector<v1::AuditEntry> All(const std::string& text = "") {
    const auto response = List(text);
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return {};
    return {response->audit_entries().begin(), response->audit_entries().end()};
  }
  absl::StatusOr<v1::AuditEntry> GetEntry(const std::string& name) {
    v1::GetAuditEntryRequest request;
    request.set_name(name);
    return Await<v1::AuditEntry>(
        [&](Methods::Done done) { methods_->Get(request, std::move(done)); });
  }
  /// How many entries are stored.
  size_t Stored() {
    return static_cast<size_t>(std::ranges::count_if(disk_.entries, [](const auto& entry) {
      return entry.first.starts_with(AuditLog::kPrefix);
    }));
  }
  /// Writes one that nothing came of.
  void Record(const std::string& principal = "token:tokens/ops") {
    const auto trail = Trail("EnableDestination");
    trail->principal = principal;
    trail->resource = kOrders;
    std::promise<absl::Status> promise;
    audit_->Record(*trail, [&](absl::Status status) { promise.set_value(std::move(status)); });
    const absl::Status status = promise.get_future().get();
    EXPECT_TRUE(status.ok()) << status;
  }

  std::unique_ptr<AuditMethods> methods_;
};

TEST_F(AuditLogTest, AChangeIsWrittenDownInItsTransaction) {
  const int before = store_->writes;
  const auto made = CreateAs(Trail(), "orders", kUrl);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(store_->writes, before + 1);
  v1::Destination change;
  change.set_name(kOrders);
  change.set_display_name("Orders");
  ASSERT_TRUE(UpdateAs(change).ok());
  EXPECT_EQ(store_->writes, before + 2);

  const auto entries = All();
  ASSERT_THAT(entries, SizeIs(2));
  const v1::AuditEntry& update = entries[0];
  EXPECT_EQ(update.method(), "carillon.v1.DestinationService/UpdateDestination");
  EXPECT_EQ(update.principal(), "token:tokens/ops");
  EXPECT_EQ(update.role(), v1::ROLE_OPERATOR);
  EXPECT_EQ(update.remote_address(), "192.0.2.7");
  EXPECT_EQ(update.user_agent(), "curl/8");
  EXPECT_EQ(update.code(), 0);
  EXPECT_TRUE(update.has_create_time());
  ASSERT_EQ(update.changes_size(), 1);
  const v1::ResourceChange& what = update.changes(0);
  EXPECT_EQ(what.resource(), kOrders);
  EXPECT_EQ(what.uid(), made->uid());
  EXPECT_THAT(what.paths(), ElementsAre("display_name"));
  EXPECT_FALSE(what.before().fields().contains("displayName"));
  EXPECT_EQ(what.after().fields().at("displayName").string_value(), "Orders");
  EXPECT_EQ(what.after().fields().at("url").string_value(), "https://receiver.example/hooks");
  const v1::ResourceChange& creation = entries[1].changes(0);
  EXPECT_FALSE(creation.has_before());
  EXPECT_TRUE(creation.has_after());
  EXPECT_THAT(creation.paths(), IsEmpty());
  EXPECT_THAT(update.name(), HasSubstr("tenants/acme/auditEntries/"));
  EXPECT_EQ(GetEntry(update.name())->changes(0).resource(), kOrders);
}

TEST_F(AuditLogTest, NoSecretIsInAnEntry) {
  const auto made = CreateAs(Trail(), "orders", absl::StrCat(kUrl, R"(
      headers { name: "x-api-key" secret { value: "a-marker-nobody-may-see-anywhere" } }
      authorization { basic { user: "u" password { value: "another-marker-nobody-may-see" } } })"));
  ASSERT_TRUE(made.ok()) << made.status();
  v1::Destination change;
  change.set_name(kOrders);
  change.mutable_authorization()->mutable_basic()->set_user("u");
  change.mutable_authorization()->mutable_basic()->mutable_password()->set_value(
      "a-third-marker-nobody-may-see");
  ASSERT_TRUE(UpdateAs(change).ok());
  const auto entries = All();
  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_THAT(entries[0].changes(0).paths(), ElementsAre("authorization.basic.password"))
      << "that it changed is told";
  std::vector<std::string> secrets = {"a-marker-nobody", "another-marker", "a-third-marker"};
  for (const v1::Key& key : made->keys()) secrets.push_back(key.secret().value());
  ASSERT_THAT(secrets, SizeIs(5));
  for (const auto& [key, entry] : disk_.entries) {
    for (const std::string& secret : secrets) {
      EXPECT_EQ(entry.value.find(secret), std::string::npos) << key;
    }
  }
}

TEST_F(AuditLogTest, WhatChangesNothingHasNoEntry) {
  const auto refused = Trail();
  EXPECT_FALSE(CreateAs(refused, "orders", "url: \"nonsense\"").ok());
  EXPECT_TRUE(refused->settled);
  EXPECT_TRUE(CreateAs(Trail(), "orders", kUrl, {.validate_only = true}).ok());
  store_->failures = {absl::ResourceExhaustedError("full")};
  EXPECT_FALSE(CreateAs(Trail(), "orders", kUrl).ok());
  EXPECT_EQ(Stored(), 0u);
  Refuse(absl::AlreadyExistsError("in the file"));
  EXPECT_FALSE(CreateAs(Trail(), "orders", kUrl).ok());
  EXPECT_EQ(Stored(), 0u) << "what is taken back takes its entry along";
  EXPECT_THAT(All(), IsEmpty());
}

TEST_F(AuditLogTest, ARepetitionHasNoSecondOne) {
  ASSERT_TRUE(CreateAs(Trail(), "orders", kUrl, {.request_id = "r1"}).ok());
  const auto again = Trail();
  ASSERT_TRUE(CreateAs(again, "orders", kUrl, {.request_id = "r1"}).ok());
  EXPECT_TRUE(again->settled);
  const auto entries = All();
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].request_id(), "r1");
}

TEST_F(AuditLogTest, ItOutlivesTheProcessAndGoesOn) {
  ASSERT_TRUE(CreateAs(Trail(), "orders", kUrl).ok());
  Reopen();
  EXPECT_GT(audit_->bytes(), 100u);
  ASSERT_THAT(All(), SizeIs(1));
  // A clock that was set back does not put entries before those that are there.
  ASSERT_TRUE(CreateAs(Trail(), "more", kUrl).ok());
  const auto entries = All();
  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_GT(entries[0].name(), entries[1].name());
  EXPECT_THAT(InForce("orders"), ::testing::NotNull()) << "what is no resource is none";
}

TEST_F(AuditLogTest, WhatIsOverTheBytesGoesOldestFirst) {
  audit_limits_.bytes = 4000;
  Reopen();
  for (int i = 0; i < 300; ++i) Record(absl::StrCat("token:tokens/", i));
  const auto entries = All("page_size: 500");
  EXPECT_LT(audit_->bytes(), 6000u);
  ASSERT_THAT(entries, ::testing::Not(IsEmpty()));
  EXPECT_EQ(entries[0].principal(), "token:tokens/299");
  EXPECT_LT(Stored(), 60u);
  EXPECT_EQ(Stored(), entries.size());
}

TEST_F(AuditLogTest, WhatIsTooOldIsGone) {
  audit_limits_.age = std::chrono::hours(24);
  Reopen();
  Record("token:tokens/old");
  clock_.Advance(std::chrono::hours(25));
  EXPECT_THAT(All(), IsEmpty()) << "though nobody has removed it yet";
  Record("token:tokens/new");
  Record("token:tokens/newer");
  EXPECT_EQ(Stored(), 2u);
  EXPECT_THAT(All("order_by: \"create_time\""), SizeIs(2));
}

TEST_F(AuditLogTest, RefusalsAreBounded) {
  const auto trail = Trail();
  for (int i = 0; i < 50; ++i) {
    audit_->Refused(*trail, aip::MakeError(v1::TENANT_FORBIDDEN, "not a tenant of the caller"));
  }
  const auto other = Trail();
  other->principal = "token:tokens/other";
  audit_->Refused(*other, aip::MakeError(v1::ROLE_FORBIDDEN, "no"));
  audit_->Stop();
  EXPECT_EQ(Stored(), 11u);
  EXPECT_EQ(audit_->refused_without(), 40u);
  const auto entries = All("filter: \"error_reason = \\\"TENANT_FORBIDDEN\\\"\"");
  ASSERT_THAT(entries, SizeIs(10));
  EXPECT_EQ(entries[0].code(), static_cast<int>(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(entries[0].name(), ::testing::StartsWith("auditEntries/"));
}

TEST_F(AuditLogTest, ATenantSeesItsOwn) {
  ASSERT_TRUE(CreateAs(Trail(), "orders", kUrl).ok());
  ASSERT_TRUE(CreateAs(Trail(), "orders", kUrl, {.parent = "tenants/bell"}).ok());
  EXPECT_THAT(All(), SizeIs(2));
  EXPECT_THAT(All("parent: \"tenants/-\""), SizeIs(2));
  const auto bell = List("parent: \"tenants/bell\"", {"bell"});
  ASSERT_EQ(bell->audit_entries_size(), 1);
  const std::string name = bell->audit_entries(0).name();
  EXPECT_THAT(name, ::testing::StartsWith("tenants/bell/"));
  EXPECT_EQ(List("parent: \"tenants/acme\"", {"bell"})->audit_entries_size(), 0);
  const std::string under_another =
      "tenants/acme" + name.substr(std::string("tenants/bell").size());
  EXPECT_EQ(aip::ReasonOf(GetEntry(under_another).status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(aip::ReasonOf(GetEntry("tenants/bell/auditEntries/x").status()),
            v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(aip::ReasonOf(GetEntry("nonsense").status()), v1::FIELD_INVALID);
}

TEST_F(AuditLogTest, PagesLeadToTheEndEitherWay) {
  for (int i = 0; i < 23; ++i) Record(absl::StrCat("token:tokens/", i));
  for (const char* order : {"create_time", "create_time desc"}) {
    std::vector<std::string> names;
    std::string token;
    do {
      const auto page =
          List(absl::StrCat("page_size: 7 order_by: \"", order, "\" page_token: \"", token, "\""));
      ASSERT_TRUE(page.ok()) << page.status();
      for (const auto& entry : page->audit_entries()) names.push_back(entry.name());
      token = page->next_page_token();
    } while (!token.empty());
    ASSERT_THAT(names, SizeIs(23));
    if (std::string_view(order).ends_with("desc")) std::ranges::reverse(names);
    EXPECT_TRUE(std::ranges::is_sorted(names));
    EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
  }
}

TEST_F(AuditLogTest, ItIsFiltered) {
  ASSERT_TRUE(CreateAs(Trail(), "orders", kUrl).ok());
  Record("token:tokens/eve");
  EXPECT_THAT(All(R"(filter: "principal = \"token:tokens/eve\"")"), SizeIs(1));
  EXPECT_THAT(All(R"(filter: "method = \"carillon.v1.DestinationService/Create*\"")"), SizeIs(1));
  EXPECT_THAT(All(R"(filter: "changes.resource:\"tenants/acme/destinations/orders\"")"), SizeIs(2));
  EXPECT_THAT(All(R"(filter: "code != 0")"), IsEmpty());
  EXPECT_EQ(aip::ReasonOf(List(R"(filter: "user_agent = \"x\"")").status()), v1::FILTER_INVALID);
  EXPECT_EQ(aip::ReasonOf(List(R"(order_by: "principal")").status()), v1::ORDER_BY_INVALID);
  EXPECT_EQ(aip::ReasonOf(List(R"(page_token: "x")").status()), v1::PAGE_TOKEN_INVALID);
  EXPECT_EQ(aip::ReasonOf(List(R"(page_size: -1)").status()), v1::FIELD_INVALID);
}

}  // namespace
}  // namespace carillon::control
