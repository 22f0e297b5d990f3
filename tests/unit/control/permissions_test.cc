// What callers of a tenant set of its destinations only where the operator allows it.

#include "absl/strings/str_cat.h"
#include "carillon/control/tenant_methods.h"
#include "control_fixtures.h"

namespace carillon::control {
namespace {

using ::testing::HasSubstr;

constexpr char kUnverified[] = " tls { insecure_skip_verify: true }";
constexpr char kUnverifiedTokens[] =
    " authorization { oauth2 { token_url: \"https://tokens.example/\" client_id: \"c\""
    " client_secret { value: \"s\" } tls { insecure_skip_verify: true } } }";
constexpr char kUnsigned[] = " unsigned_requests: true";

class PermissionsTest : public ControlTest {
 protected:
  /// A call of the tenant itself.
  static Said Tenant(bool validate_only = false) {
    return {.validate_only = validate_only, .is_operator = false};
  }
  absl::Status Made(const std::string& more, const Said& said) {
    return Create("orders", absl::StrCat(kUrl, more), said).status();
  }
  static std::string FieldOf(const absl::Status& status) {
    google::rpc::BadRequest bad;
    if (!aip::GetDetail(status, bad) || bad.field_violations().empty()) return "";
    return bad.field_violations(0).field();
  }
  void Allow(const std::string& limits) {
    TenantMethods tenants(*repository_, *types_[4], clock_);
    const auto request = ControlTest::Made<v1::UpdateTenantRequest>(absl::StrCat(
        R"(tenant { name: "tenants/acme" limits { )", limits, R"( } } allow_missing: true)"));
    const auto changed = Await<v1::Tenant>([&](Methods::Done done) {
      tenants.Update(request, {.principal = "tokens/ops", .is_operator = true}, std::move(done));
    });
    ASSERT_TRUE(changed.ok()) << changed.status();
  }
  void AllowAll(bool unsigned_requests) {
    resource::OperatorSettings settings;
    settings.tenant_defaults.allow_unsigned_requests = unsigned_requests;
    file_.snapshot = resource::MakeSnapshot(2, settings, *file_.snapshot->types, {}, {}, nullptr);
  }
};

TEST_F(PermissionsTest, NewOnesAreRefusedWithTheMember) {
  const std::pair<const char*, const char*> cases[] = {
      {kUnverified, "destination.tls.insecure_skip_verify"},
      {kUnverifiedTokens, "destination.authorization.oauth2.tls.insecure_skip_verify"},
      {kUnsigned, "destination.unsigned_requests"}};
  for (const auto& [more, field] : cases) {
    for (const bool dry : {true, false}) {
      const absl::Status refused = Made(more, Tenant(dry));
      EXPECT_TRUE(absl::IsPermissionDenied(refused)) << refused;
      EXPECT_EQ(aip::ReasonOf(refused), v1::FIELD_FORBIDDEN);
      EXPECT_EQ(FieldOf(refused), field);
      EXPECT_THAT(std::string(refused.message()), HasSubstr("tenants/acme"));
    }
    EXPECT_EQ(InForce("orders"), nullptr);
    EXPECT_TRUE(Made(more, {}).ok()) << "an operator always may";
    ASSERT_TRUE(Delete(kOrders).ok());
  }
}

TEST_F(PermissionsTest, EachIsAllowedByItsOwnLimit) {
  Allow("allow_insecure_skip_verify: true");
  EXPECT_EQ(aip::ReasonOf(Made(kUnsigned, Tenant())), v1::FIELD_FORBIDDEN);
  EXPECT_TRUE(Made(absl::StrCat(kUnverified, kUnverifiedTokens), Tenant()).ok());
  ASSERT_TRUE(Delete(kOrders).ok());
  Allow("allow_insecure_skip_verify: false allow_unsigned_requests: true");
  EXPECT_EQ(aip::ReasonOf(Made(kUnverified, Tenant())), v1::FIELD_FORBIDDEN);
  EXPECT_TRUE(Made(kUnsigned, Tenant()).ok());
  Said other = Tenant();
  other.parent = "tenants/bell";
  EXPECT_EQ(aip::ReasonOf(Made(kUnsigned, other)), v1::FIELD_FORBIDDEN) << "acme's alone";
}

TEST_F(PermissionsTest, WhatHoldsForAllTenantsAllowsIt) {
  AllowAll(true);
  EXPECT_TRUE(Made(kUnsigned, Tenant()).ok());
  ASSERT_TRUE(Delete(kOrders).ok());
  AllowAll(false);
  EXPECT_EQ(aip::ReasonOf(Made(kUnsigned, Tenant())), v1::FIELD_FORBIDDEN);
}

TEST_F(PermissionsTest, WhatAnOperatorHasSetStaysWhileOthersChange) {
  ASSERT_TRUE(Made(absl::StrCat(kUnverified, kUnsigned), {}).ok());
  v1::Destination given = *Get(kOrders);
  given.set_display_name("Orders");
  EXPECT_TRUE(Update(given, {"display_name"}, false, Tenant()).ok());
  given = *Get(kOrders);
  given.set_description("all of them");
  EXPECT_TRUE(Update(given, {"*"}, false, Tenant()).ok());
  EXPECT_TRUE(InForce("orders")->unsigned_requests);
  // Given up, it is not taken back.
  given.mutable_tls()->set_insecure_skip_verify(false);
  given.clear_etag();
  ASSERT_TRUE(Update(given, {"tls.insecure_skip_verify"}, false, Tenant()).ok());
  given.mutable_tls()->set_insecure_skip_verify(true);
  const absl::Status refused = Update(given, {"tls"}, false, Tenant()).status();
  EXPECT_EQ(FieldOf(refused), "destination.tls.insecure_skip_verify");
  EXPECT_EQ(aip::ReasonOf(refused), v1::FIELD_FORBIDDEN);
}

TEST_F(PermissionsTest, AnUpdateThatMakesOneIsACreation) {
  auto given =
      ControlTest::Made<v1::Destination>(absl::StrCat("name: '", kOrders, "' ", kUrl, kUnsigned));
  EXPECT_EQ(aip::ReasonOf(Update(given, {}, true, Tenant()).status()), v1::FIELD_FORBIDDEN);
  EXPECT_TRUE(Update(given, {}, true).ok());
}

}  // namespace
}  // namespace carillon::control
