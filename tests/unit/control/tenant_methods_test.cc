#include "carillon/control/tenant_methods.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "control_fixtures.h"

namespace carillon::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TenantMethodsTest : public ControlTest {
 protected:
  TenantMethodsTest() { Open(); }

  void Open() { tenants_ = std::make_unique<TenantMethods>(*repository_, *types_[4], clock_); }
  void Reopen() {
    tenants_.reset();
    Restart();
    Open();
  }
  static Caller Operator() { return {.principal = "token:tokens/ops", .is_operator = true}; }

  absl::StatusOr<v1::Tenant> Make(const std::string& text) {
    const auto request = Made<v1::CreateTenantRequest>(text);
    return Await<v1::Tenant>(
        [&](Methods::Done done) { tenants_->Create(request, Operator(), std::move(done)); });
  }
  absl::StatusOr<v1::Tenant> Change(const std::string& text) {
    const auto request = Made<v1::UpdateTenantRequest>(text);
    return Await<v1::Tenant>(
        [&](Methods::Done done) { tenants_->Update(request, Operator(), std::move(done)); });
  }
  absl::StatusOr<v1::Tenant> Disable(const std::string& text) {
    const auto request = Made<v1::DisableTenantRequest>(text);
    return Await<v1::Tenant>(
        [&](Methods::Done done) { tenants_->Disable(request, Operator(), std::move(done)); });
  }
  absl::StatusOr<v1::Tenant> Enable(const std::string& text) {
    const auto request = Made<v1::EnableTenantRequest>(text);
    return Await<v1::Tenant>(
        [&](Methods::Done done) { tenants_->Enable(request, Operator(), std::move(done)); });
  }
  std::shared_ptr<const model::Tenant> TenantInForce(const std::string& tenant) {
    const base::MutexLock lock(mutex_);
    const auto* found = resource::FindTenant(*in_force_, tenant);
    return found == nullptr ? nullptr : found->made.value;
  }
  std::vector<std::string> Names(const std::string& filter = "") {
    const auto page = tenants_->List({.method = "ListTenants", .filter = filter}, Operator());
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> names;
    if (!page.ok()) return names;
    for (const Answer& tenant : page->resources) {
      names.push_back(static_cast<const v1::Tenant&>(*tenant).name());
    }
    return names;
  }
  /// What is in force of the tenant's limits.
  std::optional<model::TenantLimits> LimitsInForce(const std::string& tenant) {
    const base::MutexLock lock(mutex_);
    const auto* found = resource::FindTenant(*in_force_, tenant);
    if (found == nullptr || found->made.value == nullptr) return std::nullopt;
    return found->made.value->limits;
  }
  /// The file says something else.
  void SetFile(resource::OperatorSettings settings, std::vector<model::Tenant> tenants = {}) {
    model::Destination of_file;
    of_file.tenant = "acme";
    of_file.name = "in-file";
    of_file.url = "https://203.0.113.9/hooks";
    file_.snapshot = resource::MakeSnapshot(2, std::move(settings), *file_.snapshot->types,
                                            {of_file}, {}, nullptr, std::move(tenants));
  }

  std::unique_ptr<TenantMethods> tenants_;
};

TEST_F(TenantMethodsTest, OneIsMadeChangedAndThereAfterARestart) {
  const auto made = Make(R"(tenant_id: "bell" tenant {
      display_name: "Bell & Sons" limits { max_in_flight: 7 max_backlog_bytes: 2097152 } labels { key: "plan" value: "gold" } })");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->name(), "tenants/bell");
  EXPECT_FALSE(made->uid().empty());
  EXPECT_EQ(made->origin().kind(), v1::Origin::API);
  EXPECT_EQ(LimitsInForce("bell")->max_in_flight, 7u);
  EXPECT_EQ(LimitsInForce("bell")->max_backlog_bytes, 2u << 20);

  const auto changed = Change(
      absl::StrCat(R"(tenant { name: "tenants/bell" etag: ')", made->etag(),
                   R"(' limits { max_rate: 2.5 } } update_mask { paths: "limits.max_rate" })"));
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->limits().max_in_flight(), 7u);
  EXPECT_EQ(changed->limits().max_backlog_bytes(), 2u << 20);
  EXPECT_EQ(LimitsInForce("bell")->max_rate, 2.5);
  Reopen();
  EXPECT_EQ(LimitsInForce("bell")->max_rate, 2.5);
  const auto got = tenants_->Get("tenants/bell");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->display_name(), "Bell & Sons");
  EXPECT_EQ(got->etag(), changed->etag());

  const auto stale =
      Change(absl::StrCat(R"(tenant { name: "tenants/bell" etag: ')", made->etag(), R"(' })"));
  EXPECT_EQ(aip::ReasonOf(stale.status()), v1::ETAG_MISMATCH);
}

TEST_F(TenantMethodsTest, DisabledItStaysSoUntilItIsEnabled) {
  const auto made = Make(R"(tenant_id: "bell" tenant { limits { weight: 3 } })");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(LimitsInForce("bell")->weight, 3u);
  const auto disabled = Disable(R"(name: "tenants/bell" reason: "unpaid")");
  ASSERT_TRUE(disabled.ok()) << disabled.status();
  EXPECT_TRUE(disabled->disabled());
  EXPECT_EQ(disabled->disable_reason(), "unpaid");
  EXPECT_NE(disabled->etag(), made->etag());
  EXPECT_TRUE(TenantInForce("bell")->disabled);
  EXPECT_EQ(TenantInForce("bell")->disable_reason, "unpaid");
  // An update leaves it so, also one that says all members.
  ASSERT_TRUE(
      Change(R"(tenant { name: "tenants/bell" display_name: "B" } update_mask { paths: "*" })")
          .ok());
  Reopen();
  EXPECT_TRUE(TenantInForce("bell")->disabled);
  EXPECT_TRUE(tenants_->Get("tenants/bell")->disabled());

  const auto again = Disable(R"(name: "tenants/bell" reason: "left")");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->disable_reason(), "left");
  const auto enabled = Enable(R"(name: "tenants/bell" reason: "paid")");
  ASSERT_TRUE(enabled.ok()) << enabled.status();
  EXPECT_FALSE(enabled->disabled());
  EXPECT_EQ(enabled->disable_reason(), "");
  EXPECT_FALSE(TenantInForce("bell")->disabled);
}

TEST_F(TenantMethodsTest, OneThatNobodyMadeIsMadeWhenItIsDisabled) {
  const auto disabled = Disable(R"(name: "tenants/acme")");  // which has a destination in the file
  ASSERT_TRUE(disabled.ok()) << disabled.status();
  EXPECT_FALSE(disabled->uid().empty());
  EXPECT_TRUE(TenantInForce("acme")->disabled);
  EXPECT_EQ(aip::ReasonOf(Disable(R"(name: "tenants/none")").status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(aip::ReasonOf(Enable(R"(name: "tenants/none")").status()), v1::RESOURCE_NOT_FOUND);
}

TEST_F(TenantMethodsTest, TheFileSaysOfItsTenantsWhetherTheyAreDisabled) {
  model::Tenant off, on;
  off.name = "off";
  off.disabled = true;
  on.name = "on";
  SetFile({}, {off, on});
  EXPECT_TRUE(tenants_->Get("tenants/off")->disabled());
  EXPECT_EQ(aip::ReasonOf(Enable(R"(name: "tenants/off")").status()), v1::DISABLED_BY_FILE);
  EXPECT_EQ(aip::ReasonOf(Disable(R"(name: "tenants/off")").status()), v1::READ_ONLY_FILE);
  EXPECT_EQ(aip::ReasonOf(Disable(R"(name: "tenants/on")").status()), v1::READ_ONLY_FILE);
}

TEST_F(TenantMethodsTest, DisablingIsCheckedAndRepeatedOnce) {
  ASSERT_TRUE(Make(R"(tenant_id: "bell" tenant {})").ok());
  EXPECT_EQ(aip::ReasonOf(Disable(R"(name: "bell")").status()), v1::FIELD_INVALID);
  EXPECT_EQ(aip::ReasonOf(Disable(R"(name: "tenants/bell" etag: "'x'")").status()),
            v1::ETAG_MISMATCH);
  const std::string text = R"(name: "tenants/bell" request_id: "r" reason: ")";
  EXPECT_EQ(aip::ReasonOf(Disable(text + std::string(1025, 'x') + '"').status()),
            v1::FIELD_INVALID);
  const auto first = Disable(text + '"');
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(Enable(R"(name: "tenants/bell")").ok());
  EXPECT_EQ(Disable(text + '"')->etag(), first->etag());
  EXPECT_FALSE(TenantInForce("bell")->disabled) << "a repetition has no effect";
}

TEST_F(TenantMethodsTest, WhatIsWrongIsNamed) {
  const auto name = Make(R"(tenant_id: "no spaces" tenant {})");
  EXPECT_EQ(aip::ReasonOf(name.status()), v1::FIELD_INVALID) << name.status();
  const auto dots = Make(R"(tenant_id: "a~b" tenant {})");
  EXPECT_THAT(std::string(dots.status().message()), HasSubstr("[A-Za-z0-9_.-]"));
  const auto bound = Make(R"(tenant_id: "bell" tenant { limits { max_in_flight: 0 } })");
  EXPECT_THAT(std::string(bound.status().message()), HasSubstr("tenant.limits.max_in_flight"));
  const auto rate = Make(R"(tenant_id: "bell" tenant { limits { publish_bytes_per_second: 10 } })");
  EXPECT_THAT(std::string(rate.status().message()), HasSubstr("publish_bytes_per_second"));
  const auto backlog = Make(R"(tenant_id: "bell" tenant { limits { max_backlog_bytes: 1000 } })");
  EXPECT_THAT(std::string(backlog.status().message()),
              HasSubstr("tenant.limits.max_backlog_bytes: must be 1 MiB to 1024 TiB"));
  EXPECT_THAT(Names(), ElementsAre("tenants/acme"));
}

TEST_F(TenantMethodsTest, RepeatedItIsMadeOnce) {
  const std::string text = R"(tenant_id: "bell" request_id: "r1" tenant {})";
  const auto first = Make(text);
  const auto again = Make(text);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->uid(), first->uid());
  EXPECT_EQ(aip::ReasonOf(Make(R"(tenant_id: "bell" tenant {})").status()), v1::RESOURCE_EXISTS);
  const auto tried = Make(R"(tenant_id: "cent" validate_only: true tenant {})");
  ASSERT_TRUE(tried.ok());
  EXPECT_EQ(aip::ReasonOf(tenants_->Get("tenants/cent").status()), v1::RESOURCE_NOT_FOUND);
}

TEST_F(TenantMethodsTest, OneIsThereFromItsFirstUseOn) {
  EXPECT_THAT(Names(), ElementsAre("tenants/acme")) << "the file has a destination of it";
  ASSERT_TRUE(Create("orders", kUrl, {.parent = "tenants/bell"}).ok());
  EXPECT_THAT(Names(), ElementsAre("tenants/acme", "tenants/bell"));
  const auto bell = tenants_->Get("tenants/bell");
  ASSERT_TRUE(bell.ok()) << bell.status();
  EXPECT_EQ(bell->uid(), "") << "nobody has made it";
  EXPECT_EQ(bell->destination_count(), 1);

  ASSERT_TRUE(
      Change(R"(tenant { name: "tenants/bell" display_name: "Bell" } allow_missing: true)").ok());
  EXPECT_THAT(Names(), ElementsAre("tenants/acme", "tenants/bell"));
  EXPECT_FALSE(tenants_->Get("tenants/bell")->uid().empty());
  EXPECT_EQ(tenants_->Get("tenants/acme")->destination_count(), 1);
}

TEST_F(TenantMethodsTest, WhereTheyAreRequiredNothingIsMadeInOthers) {
  resource::OperatorSettings settings;
  settings.require_tenants = true;
  model::Tenant acme;
  acme.name = "acme";
  SetFile(settings, {acme});
  const auto refused = Create("orders", kUrl, {.parent = "tenants/bell"});
  EXPECT_EQ(aip::ReasonOf(refused.status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("tenants/bell"));
  EXPECT_TRUE(Create("orders", kUrl).ok()) << "acme is the file's";
  ASSERT_TRUE(Make(R"(tenant_id: "bell" tenant {})").ok());
  EXPECT_TRUE(Create("orders", kUrl, {.parent = "tenants/bell"}).ok());
}

TEST_F(TenantMethodsTest, AsManyAsItMayHave) {
  ASSERT_TRUE(
      Make(R"(tenant_id: "acme" tenant { limits { max_destinations: 2 max_subscriptions: 0 } })")
          .ok());
  ASSERT_TRUE(Create("one", kUrl).ok());
  const auto more = Create("two", kUrl);
  EXPECT_EQ(aip::ReasonOf(more.status()), v1::QUOTA_EXCEEDED)
      << "one is in the file: " << more.status();
  EXPECT_THAT(std::string(more.status().message()), HasSubstr("max_destinations"));
  EXPECT_EQ(aip::ReasonOf(Create("two", kUrl, {.validate_only = true}).status()),
            v1::QUOTA_EXCEEDED);
  EXPECT_EQ(aip::ReasonOf(Subscribe("s", R"(types: "*" destinations: "one")").status()),
            v1::QUOTA_EXCEEDED);
  v1::Destination one;
  one.set_name("tenants/acme/destinations/one");
  one.set_display_name("One");
  EXPECT_TRUE(Update(one).ok()) << "what it has can be changed";
  ASSERT_TRUE(Change(R"(tenant { name: "tenants/acme" limits { max_destinations: 3 } })").ok());
  EXPECT_TRUE(Create("two", kUrl).ok());
}

TEST_F(TenantMethodsTest, TheDefaultsHoldForThoseThatSayNothing) {
  resource::OperatorSettings settings;
  settings.tenant_defaults.max_destinations = 1;
  SetFile(settings);
  EXPECT_EQ(aip::ReasonOf(Create("one", kUrl).status()), v1::QUOTA_EXCEEDED);
  ASSERT_TRUE(Create("one", kUrl, {.parent = "tenants/bell"}).ok());
  EXPECT_EQ(aip::ReasonOf(Create("two", kUrl, {.parent = "tenants/bell"}).status()),
            v1::QUOTA_EXCEEDED);
  ASSERT_TRUE(Make(R"(tenant_id: "bell" tenant { limits { max_destinations: 2 } })").ok());
  EXPECT_TRUE(Create("two", kUrl, {.parent = "tenants/bell"}).ok());
}

TEST_F(TenantMethodsTest, TheFilesAreReadOnly) {
  model::Tenant acme;
  acme.name = "acme";
  acme.display_name = "Acme";
  acme.limits.max_rate = 5;
  SetFile({}, {acme});
  const auto got = tenants_->Get("tenants/acme");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->origin().kind(), v1::Origin::FILE);
  EXPECT_EQ(got->limits().max_rate(), 5);
  EXPECT_THAT(Names(R"(display_name = "Acme")"), ElementsAre("tenants/acme"));
  EXPECT_THAT(Names("origin.kind = API"), IsEmpty());
  EXPECT_EQ(aip::ReasonOf(Change(R"(tenant { name: "tenants/acme" display_name: "x" })").status()),
            v1::READ_ONLY_FILE);
  EXPECT_EQ(aip::ReasonOf(Make(R"(tenant_id: "acme" tenant {})").status()), v1::NAME_IN_FILE);
}

TEST_F(TenantMethodsTest, PagesLeadToTheEnd) {
  for (int i = 0; i < 25; ++i) {
    ASSERT_TRUE(Make(absl::StrCat("tenant_id: \"t", i, "\" tenant {}")).ok());
  }
  std::set<std::string> seen;
  std::string token;
  do {
    const auto page =
        tenants_->List({.method = "ListTenants", .page_size = 7, .page_token = token}, Operator());
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->total_size, 26);
    for (const Answer& tenant : page->resources) {
      EXPECT_TRUE(seen.insert(static_cast<const v1::Tenant&>(*tenant).name()).second);
    }
    token = page->next_page_token;
  } while (!token.empty());
  EXPECT_EQ(seen.size(), 26u);
}

}  // namespace
}  // namespace carillon::control
