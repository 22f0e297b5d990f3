#include "carillon/control/config_methods.h"

#include <google/protobuf/util/message_differencer.h>

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "carillon/control/key_methods.h"
#include "carillon/control/tenant_methods.h"
#include "carillon/v1/config_service.pb.h"
#include "carillon/v1/destination_service.pb.h"
#include "carillon/v1/event_type_service.pb.h"
#include "carillon/v1/subscription_service.pb.h"
#include "carillon/v1/tenant_service.pb.h"
#include "control_fixtures.h"

namespace carillon::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Change = v1::ApplyConfigResponse::Change;

constexpr char kShop[] = R"(parent: "tenants/acme" config {
  subscriptions { name: "all" types: "session.*" destinations: "orders" destinations: "other" }
  destinations { name: "orders" url: "https://receiver.example/orders" format: FORMAT_ARRAY
    keys { name: "first" secret { value: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" } } }
  destinations { name: "other" url: "https://receiver.example/other" } })";

class ConfigMethodsTest : public ControlTest {
 protected:
  ConfigMethodsTest() {
    std::vector<const google::protobuf::ServiceDescriptor*> services;
    for (const auto* request :
         {v1::GetTenantRequest::descriptor(), v1::GetEventTypeRequest::descriptor(),
          v1::GetDestinationRequest::descriptor(), v1::GetSubscriptionRequest::descriptor(),
          v1::ApplyConfigRequest::descriptor()}) {
      for (int i = 0; i < request->file()->service_count(); ++i) {
        services.push_back(request->file()->service(i));
      }
    }
    auto methods = access::Methods::Create(services, {});
    EXPECT_TRUE(methods.ok()) << methods.status();
    methods_ = *std::move(methods);
    Open();
  }
  void Open() {
    config_ = std::make_unique<ConfigMethods>(
        *repository_, ConfigTypes{*types_[4], *types_[5], *types_[0], *types_[1]}, *methods_,
        clock_);
  }
  void Reopen() {
    config_.reset();
    Restart();
    Open();
  }

  static Caller CallerOf(v1::Role role, bool all_tenants) {
    Caller caller{.principal = "token:tokens/ops"};
    access::Principal principal;
    principal.kind = access::PrincipalKind::kToken;
    principal.role = role;
    principal.all_tenants = all_tenants;
    if (!all_tenants) principal.tenants = {"acme"};
    caller.is_operator = role == v1::ROLE_OPERATOR;
    caller.credential = std::make_shared<const access::Principal>(principal);
    return caller;
  }
  static Caller Operator() { return CallerOf(v1::ROLE_OPERATOR, true); }
  static Caller Admin() { return CallerOf(v1::ROLE_TENANT_ADMIN, false); }

  absl::StatusOr<v1::ApplyConfigResponse> Apply(const v1::ApplyConfigRequest& request,
                                                const Caller& caller = Operator()) {
    return Await<v1::ApplyConfigResponse>(
        [&](Methods::Done done) { config_->Apply(request, caller, std::move(done)); });
  }
  absl::StatusOr<v1::ApplyConfigResponse> Apply(const std::string& text,
                                                const Caller& caller = Operator()) {
    return Apply(Made<v1::ApplyConfigRequest>(text), caller);
  }
  v1::ApplyConfigResponse Applied(const std::string& text) {
    auto response = Apply(text);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *std::move(response) : v1::ApplyConfigResponse();
  }
  /// `CREATE tenants/acme/destinations/orders`.
  static std::vector<std::string> Kinds(const v1::ApplyConfigResponse& response) {
    std::vector<std::string> kinds;
    for (const Change& change : response.changes()) {
      kinds.push_back(absl::StrCat(Change::Kind_Name(change.kind()), " ", change.resource()));
    }
    return kinds;
  }
  static std::vector<std::string> Paths(const Change& change) {
    std::vector<std::string> paths;
    for (const auto& difference : change.differences()) paths.push_back(difference.path());
    return paths;
  }
  std::set<std::string> Stored() {
    std::set<std::string> names;
    for (const Entry& entry : repository_->List("")) names.insert(entry.name);
    return names;
  }
  std::vector<v1::AuditEntry> Audited() {
    const auto part = audit_->Read("", false, 100);
    EXPECT_TRUE(part.ok());
    return part->entries;
  }
  static std::string FieldOf(const absl::Status& status) {
    google::rpc::BadRequest bad;
    if (!aip::GetDetail(status, bad) || bad.field_violations().empty()) return "";
    return bad.field_violations(0).field();
  }

  std::unique_ptr<const access::Methods> methods_;
  std::unique_ptr<ConfigMethods> config_;
};

TEST_F(ConfigMethodsTest, WhatIsAppliedIsThereInOneRevisionAndOnceOnly) {
  const auto made = Applied(kShop);
  EXPECT_THAT(Kinds(made), ElementsAre("CREATE tenants/acme/destinations/orders",
                                       "CREATE tenants/acme/destinations/other",
                                       "CREATE tenants/acme/subscriptions/all"));
  ASSERT_NE(InForce("orders"), nullptr);
  EXPECT_EQ(InForce("orders")->url, "https://receiver.example/orders");
  std::set<uint64_t> revisions;
  for (const Entry& entry : repository_->List("")) revisions.insert(entry.revision);
  EXPECT_THAT(revisions, ElementsAre(static_cast<uint64_t>(made.revision())));

  // Secrets that were made are shown this once; those that were given are not.
  EXPECT_THAT(made.changes(0).created_keys(), IsEmpty());
  ASSERT_THAT(made.changes(1).created_keys(), SizeIs(2));
  EXPECT_THAT(made.changes(1).created_keys(0).secret().value(), HasSubstr("whsec_"));
  EXPECT_THAT(made.changes(0).differences(0).after(), HasSubstr("format: array"));
  EXPECT_THAT(made.changes(0).ShortDebugString(), Not(HasSubstr("MfKQ9r8GKYqrTwjUPD8ILPZIo2La")));

  const int writes = store_->writes;
  const auto again = Applied(kShop);
  EXPECT_THAT(again.changes(), IsEmpty());
  EXPECT_EQ(again.unchanged_count(), 3);
  EXPECT_EQ(again.revision(), made.revision());
  EXPECT_EQ(store_->writes, writes) << "nothing was written";
  Reopen();
  EXPECT_EQ(Applied(kShop).unchanged_count(), 3);
}

TEST_F(ConfigMethodsTest, ChangesAreToldByPathAndWhatIsNotSaidReturnsToItsDefault) {
  Applied(kShop);
  const auto changed = Applied(R"(parent: "tenants/acme" config {
    destinations { name: "orders" url: "https://receiver.example/new" concurrency: 3 } })");
  ASSERT_THAT(Kinds(changed), ElementsAre("UPDATE tenants/acme/destinations/orders"));
  EXPECT_THAT(Paths(changed.changes(0)), ElementsAre("url", "format", "concurrency"));
  EXPECT_EQ(changed.changes(0).differences(0).before(), "url: https://receiver.example/orders\n");
  EXPECT_EQ(changed.changes(0).differences(0).after(), "url: https://receiver.example/new\n");
  EXPECT_EQ(changed.changes(0).differences(1).after(), "");
  EXPECT_THAT(InForce("orders")->keys, SizeIs(1)) << "keys that are not said stay";
}

TEST_F(ConfigMethodsTest, HalfOfItWrongChangesNothing) {
  v1::ApplyConfigRequest request = Made<v1::ApplyConfigRequest>(kShop);
  *request.mutable_config()->add_subscriptions() =
      Made<v1::Subscription>(R"(name: "none" types: "session.*" destinations: "missing")");
  const int writes = store_->writes;
  const auto refused = Apply(request);
  EXPECT_EQ(aip::ReasonOf(refused.status()), v1::FIELD_INVALID) << refused.status();
  EXPECT_EQ(FieldOf(refused.status()), "config.subscriptions[1].destinations[0]");
  EXPECT_THAT(Stored(), IsEmpty());
  EXPECT_EQ(InForce("orders"), nullptr);
  EXPECT_EQ(store_->writes, writes);
}

TEST_F(ConfigMethodsTest, WhatCannotComeInForceIsTakenBackWhole) {
  Refuse(absl::InternalError("no lanes"));
  EXPECT_EQ(aip::ReasonOf(Apply(kShop).status()), v1::STORE_UNAVAILABLE);
  Reopen();
  EXPECT_THAT(Stored(), IsEmpty());
}

TEST_F(ConfigMethodsTest, TheOrderOfElementsMakesNoDifference) {
  const auto made = Applied(R"(parent: "tenants/-" config {
    subscriptions { name: "tenants/bell/subscriptions/paid" types: "order.paid"
      destinations: "erp" }
    destinations { name: "tenants/bell/destinations/erp" url: "https://receiver.example/" }
    event_types { name: "order.paid" description: "Paid" }
    tenants { name: "bell" display_name: "Bell" } })");
  EXPECT_THAT(Kinds(made), ElementsAre("CREATE tenants/bell", "CREATE eventTypes/order.paid",
                                       "CREATE tenants/bell/destinations/erp",
                                       "CREATE tenants/bell/subscriptions/paid"));
}

TEST_F(ConfigMethodsTest, ValidateOnlyTellsTheSameAndChangesNothing) {
  v1::ApplyConfigRequest request = Made<v1::ApplyConfigRequest>(kShop);
  request.set_validate_only(true);
  request.set_request_id("dry");
  const int writes = store_->writes;
  const auto dry = Apply(request);
  ASSERT_TRUE(dry.ok()) << dry.status();
  EXPECT_THAT(Kinds(*dry), SizeIs(3));
  EXPECT_EQ(dry->revision(), 0);
  for (const Change& change : dry->changes()) EXPECT_THAT(change.created_keys(), IsEmpty());
  EXPECT_THAT(Stored(), IsEmpty());
  EXPECT_EQ(store_->writes, writes);
  request.set_validate_only(false);
  EXPECT_EQ(Kinds(*Apply(request)), Kinds(*dry));
}

TEST_F(ConfigMethodsTest, RepeatedItIsDoneOnceAndAnsweredWithTheSame) {
  v1::ApplyConfigRequest request = Made<v1::ApplyConfigRequest>(kShop);
  request.set_request_id("r1");
  for (const char* label : {"a", "b", "c", "d", "e"}) {
    (*request.mutable_config()->mutable_destinations(1)->mutable_labels())[label] = "x";
  }
  const auto first = Apply(request);
  ASSERT_TRUE(first.ok()) << first.status();
  // The same in other bytes: maps have no order.
  v1::ApplyConfigRequest other = request;
  auto& labels = *other.mutable_config()->mutable_destinations(1)->mutable_labels();
  labels.clear();
  for (const char* label : {"e", "d", "c", "b", "a"}) labels[label] = "x";
  const auto again = Apply(other);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*first, *again));
  request.mutable_config()->mutable_destinations(0)->set_url("https://receiver.example/2");
  EXPECT_EQ(aip::ReasonOf(Apply(request).status()), v1::REQUEST_ID_REUSED);
}

TEST_F(ConfigMethodsTest, ATenantAdministratorSmugglesNothingIn) {
  EXPECT_TRUE(Apply(kShop, Admin()).ok());
  for (const char* element :
       {R"(config { tenants { name: "acme" limits { max_in_flight: 65536 } } })",
        R"(config { event_types { name: "order.paid" } })"}) {
    const auto refused = Apply(absl::StrCat(R"(parent: "tenants/acme" )", element), Admin());
    EXPECT_THAT(aip::ReasonOf(refused.status()),
                testing::AnyOf(v1::ROLE_FORBIDDEN, v1::FIELD_INVALID))
        << refused.status();
  }
  // The right is asked for before anything is looked up.
  const auto types =
      Apply(R"(parent: "tenants/-" config { event_types { name: "of.file" } })", Admin());
  EXPECT_EQ(aip::ReasonOf(types.status()), v1::ROLE_FORBIDDEN) << types.status();
  const auto tenants =
      Apply(R"(parent: "tenants/acme" config { tenants { name: "acme" } })", Admin());
  EXPECT_EQ(aip::ReasonOf(tenants.status()), v1::ROLE_FORBIDDEN) << tenants.status();
  const auto outside = Apply(
      R"(parent: "tenants/acme" config { destinations {
        name: "tenants/bell/destinations/erp" url: "https://receiver.example/" } })");
  EXPECT_EQ(FieldOf(outside.status()), "config.destinations[0].name") << outside.status();
  EXPECT_EQ(aip::ReasonOf(Apply(kShop, CallerOf(v1::ROLE_READER, true)).status()),
            v1::ROLE_FORBIDDEN);
}

TEST_F(ConfigMethodsTest, WhatTheFileHasIsRefused) {
  const auto refused = Apply(R"(parent: "tenants/acme" config { destinations {
      name: "in-file" url: "https://receiver.example/" } })");
  EXPECT_EQ(aip::ReasonOf(refused.status()), v1::READ_ONLY_FILE) << refused.status();
  const auto type = Apply(R"(parent: "tenants/-" config { event_types { name: "of.file" } })");
  EXPECT_EQ(aip::ReasonOf(type.status()), v1::READ_ONLY_FILE) << type.status();
  const auto built_in =
      Apply(R"(parent: "tenants/-" config { event_types { name: "session.create" } })");
  EXPECT_EQ(aip::ReasonOf(built_in.status()), v1::READ_ONLY_BUILT_IN) << built_in.status();
}

TEST_F(ConfigMethodsTest, WhatIsWrongIsNamedWhereItStands) {
  const auto field = [&](const std::string& rest) {
    const auto refused = Apply(R"(parent: "tenants/acme" )" + rest);
    EXPECT_EQ(aip::ReasonOf(refused.status()), v1::FIELD_INVALID) << rest << refused.status();
    return FieldOf(refused.status());
  };
  EXPECT_EQ(field("config { server {} }"), "config.server");
  EXPECT_EQ(field("config {} prune: true"), "apply_set");
  EXPECT_EQ(field("config {} apply_set: '-x'"), "apply_set");
  EXPECT_EQ(field("config { tenants { name: 'acme' } } request_id: 'a b'"), "request_id");
  EXPECT_EQ(field("config {}"), "config");
  EXPECT_EQ(field("config { destinations {} }"), "config.destinations[0].name");
  EXPECT_EQ(field("config { destinations { name: 'a' url: 'ftp://x' } }"),
            "config.destinations[0].url");
  EXPECT_EQ(field("config { event_types { name: 'order.paid' } }"), "config.event_types[0].name");
  EXPECT_EQ(field("config { destinations { name: 'a' url: 'https://a.example' }"
                  " destinations { name: 'tenants/acme/destinations/a' } }"),
            "config.destinations[1].name");
  const auto parent = Apply(R"(parent: "acme" config {})");
  EXPECT_EQ(FieldOf(parent.status()), "parent");
  const auto shorts = Apply(R"(parent: "tenants/-" config { destinations { name: "a" } })");
  EXPECT_EQ(FieldOf(shorts.status()), "config.destinations[0].name");

  v1::ApplyConfigRequest many = Made<v1::ApplyConfigRequest>(R"(parent: "tenants/acme")");
  for (int i = 0; i <= ConfigMethods::kMaxElements; ++i) {
    many.mutable_config()->add_destinations()->set_name(absl::StrCat("d", i));
  }
  EXPECT_EQ(FieldOf(Apply(many).status()), "config");
}

TEST_F(ConfigMethodsTest, AnEtagGuardsItsResource) {
  const auto stale = Create("other", kUrl);
  ASSERT_TRUE(stale.ok());
  const std::string with =
      absl::StrCat(R"(parent: "tenants/acme" config { destinations { name: "other" etag: ')",
                   stale->etag(), R"(' url: "https://receiver.example/" concurrency: )");
  EXPECT_THAT(Kinds(Applied(with + "2 } }")), SizeIs(1));
  const auto refused = Apply(with + "3 } }");
  EXPECT_EQ(aip::ReasonOf(refused.status()), v1::ETAG_MISMATCH) << refused.status();
}

TEST_F(ConfigMethodsTest, KeysComeToBeThoseThatAreSaid) {
  Applied(kShop);
  const auto keys = [](const std::string& keys) {
    return absl::StrCat(R"(parent: "tenants/acme" config { destinations { name: "orders"
      url: "https://receiver.example/orders" format: FORMAT_ARRAY )",
                        keys, "} }");
  };
  EXPECT_EQ(Applied(keys(R"(keys { name: "first" })")).unchanged_count(), 1)
      << "a secret without a source keeps what is stored";
  const auto other = Apply(
      keys(R"(keys { name: "first" secret { value: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD" } })"));
  EXPECT_EQ(FieldOf(other.status()), "config.destinations[0].keys[0].secret") << other.status();

  const auto next = Applied(keys(R"(keys { name: "next" } keys { name: "first" })"));
  ASSERT_THAT(Kinds(next), ElementsAre("UPDATE tenants/acme/destinations/orders"));
  EXPECT_THAT(Paths(next.changes(0)), ElementsAre("keys"));
  ASSERT_THAT(next.changes(0).created_keys(), SizeIs(1));
  EXPECT_EQ(next.changes(0).created_keys(0).name(), absl::StrCat(kOrders, "/keys/next"));
  ASSERT_THAT(InForce("orders")->keys, SizeIs(2));
  EXPECT_EQ(InForce("orders")->keys[0].name, "next");

  EXPECT_THAT(Kinds(Applied(keys(R"(keys { name: "next" })"))), SizeIs(1));
  ASSERT_THAT(InForce("orders")->keys, SizeIs(1));
  const auto last = Apply(keys(R"(keys { name: "next" expire_time { seconds: 1900000000 } })"));
  EXPECT_EQ(aip::ReasonOf(last.status()), v1::LAST_KEY) << last.status();
}

TEST_F(ConfigMethodsTest, PruningKeepsToItsSetAndParent) {
  const std::string set = R"( apply_set: "shop" )";
  ASSERT_TRUE(Create("by-hand", kUrl).ok());
  Applied(kShop + set);
  Applied(R"(parent: "tenants/bell" apply_set: "shop" config {
    destinations { name: "erp" url: "https://receiver.example/" } })");
  const std::string less = R"(parent: "tenants/acme" config {
    destinations { name: "other" url: "https://receiver.example/other" } })";
  EXPECT_THAT(Kinds(Applied(less + set)), IsEmpty());
  const auto pruned = Applied(less + set + "prune: true");
  EXPECT_THAT(Kinds(pruned), ElementsAre("DELETE tenants/acme/subscriptions/all",
                                         "DELETE tenants/acme/destinations/orders"));
  EXPECT_THAT(Stored(),
              ElementsAre("tenants/acme/destinations/by-hand", "tenants/acme/destinations/other",
                          "tenants/bell/destinations/erp"));
  EXPECT_EQ(InForce("orders"), nullptr);
}

TEST_F(ConfigMethodsTest, WhatIsStillNamedIsNotPruned) {
  Applied(std::string(kShop) + R"( apply_set: "shop" )");
  ASSERT_TRUE(Subscribe("by-hand", R"(types: "session.*" destinations: "orders")").ok());
  const auto refused = Apply(R"(parent: "tenants/acme" apply_set: "shop" prune: true config {})");
  EXPECT_EQ(aip::ReasonOf(refused.status()), v1::RESOURCE_IN_USE) << refused.status();
  EXPECT_THAT(Stored(), SizeIs(4)) << "not even what nobody names";
}

TEST_F(ConfigMethodsTest, ATenantThatIsPrunedLeavesItsNameRetired) {
  const std::string given = R"(parent: "tenants/-" apply_set: "all" prune: true config {
    tenants { name: "bell" } destinations {
      name: "tenants/bell/destinations/erp" url: "https://receiver.example/" } })";
  Applied(given);
  EXPECT_THAT(Kinds(Applied(R"(parent: "tenants/-" apply_set: "all" prune: true config {})")),
              ElementsAre("DELETE tenants/bell/destinations/erp", "DELETE tenants/bell"));
  const Entry retired = repository_->Find("retiredTenants/bell");
  ASSERT_NE(retired.message, nullptr);
  EXPECT_FALSE(static_cast<const v1::TenantRetirement&>(*retired.message).principal().empty());
  const absl::Status again = Apply(given).status();
  EXPECT_EQ(aip::ReasonOf(again), v1::TENANT_NAME_RETIRED) << again;
  EXPECT_EQ(repository_->Find("tenants/bell").message, nullptr);
}

TEST_F(ConfigMethodsTest, PruningMakesRoom) {
  Applied(R"(parent: "tenants/-" config { tenants { name: "bell" limits { max_destinations: 1 } }
    destinations { name: "tenants/bell/destinations/a" url: "https://receiver.example/" } }
    apply_set: "s")");
  const std::string another = R"(parent: "tenants/bell" apply_set: "s" config {
    destinations { name: "b" url: "https://receiver.example/" } })";
  EXPECT_EQ(aip::ReasonOf(Apply(another).status()), v1::QUOTA_EXCEEDED);
  EXPECT_THAT(
      Kinds(Applied(another + "prune: true")),
      ElementsAre("CREATE tenants/bell/destinations/b", "DELETE tenants/bell/destinations/a"));
}

TEST_F(ConfigMethodsTest, WhatIsExportedIsAppliedWithoutAChange) {
  Applied(kShop);
  Applied(R"(parent: "tenants/-" config {
    tenants { name: "bell" display_name: "Bell" labels { key: "plan" value: "gold" } }
    event_types { name: "order.paid" json_schema { schema: '{"type": "object"}' } }
    destinations { name: "tenants/bell/destinations/erp" url: "https://receiver.example/"
      authorization { bearer { token { value: "bearer-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" } } } }
  })");
  const auto exported =
      config_->Export(Made<v1::ExportConfigRequest>(R"(parent: "tenants/-")"), Operator());
  ASSERT_TRUE(exported.ok()) << exported.status();
  EXPECT_THAT(exported->config().DebugString(), Not(HasSubstr("bbbbbb")));
  EXPECT_THAT(exported->config().DebugString(), Not(HasSubstr("uid")));
  v1::ApplyConfigRequest request = Made<v1::ApplyConfigRequest>(R"(parent: "tenants/-")");
  *request.mutable_config() = exported->config();
  const auto again = Apply(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(Kinds(*again), IsEmpty());
  EXPECT_EQ(again->unchanged_count(), 6);

  const auto own =
      config_->Export(Made<v1::ExportConfigRequest>(R"(parent: "tenants/acme")"), Admin());
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_THAT(own->config().destinations(), SizeIs(2));
  EXPECT_THAT(own->config().event_types(), IsEmpty());
  EXPECT_EQ(
      FieldOf(
          config_->Export(Made<v1::ExportConfigRequest>(R"(parent: "x")"), Operator()).status()),
      "parent");
}

TEST_F(ConfigMethodsTest, ExportsGoOnWhereAPageEnded) {
  v1::ApplyConfigRequest request = Made<v1::ApplyConfigRequest>(R"(parent: "tenants/acme")");
  for (int i = 0; i < 300; ++i) {
    v1::Destination& one = *request.mutable_config()->add_destinations();
    one.set_name(absl::StrCat("d", i));
    one.set_url("https://receiver.example/");
    (*one.mutable_annotations())["notes"] = std::string(15'000, 'x');
  }
  ASSERT_TRUE(Apply(request).ok());
  std::set<std::string> names;
  v1::ExportConfigRequest page = Made<v1::ExportConfigRequest>(R"(parent: "tenants/acme")");
  int pages = 0;
  do {
    const auto exported = config_->Export(page, Admin());
    ASSERT_TRUE(exported.ok()) << exported.status();
    EXPECT_LE(exported->ByteSizeLong(), ConfigMethods::kMaxPageBytes + 20'000);
    for (const auto& one : exported->config().destinations()) {
      EXPECT_TRUE(names.insert(one.name()).second);
    }
    page.set_page_token(exported->next_page_token());
    ++pages;
  } while (!page.page_token().empty() && pages < 10);
  EXPECT_EQ(names.size(), 300u);
  EXPECT_GT(pages, 1);
  page.set_page_token("forged");
  EXPECT_EQ(aip::ReasonOf(config_->Export(page, Admin()).status()), v1::PAGE_TOKEN_INVALID);
}

TEST_F(ConfigMethodsTest, EveryEffectIsWrittenDownOnceForItsTenant) {
  Caller caller = Operator();
  caller.trail = std::make_shared<CallTrail>();
  caller.trail->method = "carillon.v1.ConfigService/ApplyConfig";
  caller.trail->changes = true;
  ASSERT_TRUE(Apply(R"(parent: "tenants/-" config {
    destinations { name: "tenants/bell/destinations/erp" url: "https://receiver.example/" }
    destinations { name: "tenants/acme/destinations/a" url: "https://receiver.example/" }
    destinations { name: "tenants/acme/destinations/b" url: "https://receiver.example/" } })",
                    caller)
                  .ok());
  std::map<std::string, int> by_tenant;
  for (const v1::AuditEntry& entry : Audited()) {
    by_tenant[entry.name().substr(0, entry.name().find("/audit"))] += entry.changes_size();
  }
  EXPECT_EQ(by_tenant, (std::map<std::string, int>{{"tenants/acme", 2}, {"tenants/bell", 1}}));
}

TEST_F(ConfigMethodsTest, TenThousandAreAppliedAtOnce) {
  v1::ApplyConfigRequest request = Made<v1::ApplyConfigRequest>(R"(parent: "tenants/acme")");
  v1::Config& config = *request.mutable_config();
  constexpr int kHalf = ConfigMethods::kMaxElements / 2;
  for (int i = 0; i < kHalf; ++i) {
    v1::Subscription& subscription = *config.add_subscriptions();
    subscription.set_name(absl::StrCat("s", i));
    subscription.add_types("session.*");
    subscription.add_destinations(absl::StrCat("d", i));
    v1::Destination& destination = *config.add_destinations();
    destination.set_name(absl::StrCat("d", i));
    destination.set_url("https://receiver.example/");
  }
  const auto made = Apply(request);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->changes_size(), ConfigMethods::kMaxElements);
  EXPECT_LE(made->ByteSizeLong(), ConfigMethods::kMaxAnswerBytes);
  EXPECT_EQ(Apply(request)->unchanged_count(), ConfigMethods::kMaxElements);
}

TEST_F(ConfigMethodsTest, WhatOnlyOperatorsSetIsNamedAndStaysWhereTheyHaveSetIt) {
  const std::string text = R"(parent: "tenants/acme" config {
    destinations { name: "orders" url: "https://receiver.example/orders" }
    destinations { name: "other" url: "https://receiver.example/other"
                   tls { insecure_skip_verify: true } } })";
  const auto refused = Apply(text, Admin());
  EXPECT_EQ(aip::ReasonOf(refused.status()), v1::FIELD_FORBIDDEN) << refused.status();
  EXPECT_EQ(FieldOf(refused.status()), "config.destinations[1].tls.insecure_skip_verify");
  EXPECT_THAT(Stored(), IsEmpty());
  ASSERT_TRUE(Apply(text).ok());
  const auto same = Apply(text, Admin());
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ(same->unchanged_count(), 2);
}

}  // namespace
}  // namespace carillon::control
