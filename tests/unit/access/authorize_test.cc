#include "carillon/access/authorize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carillon/aip/error.h"
#include "sample_methods.h"

namespace carillon::access {
namespace {

using ::testing::HasSubstr;

constexpr std::array kRoles{v1::ROLE_OPERATOR, v1::ROLE_TENANT_ADMIN, v1::ROLE_READER,
                            v1::ROLE_PUBLISHER};

TEST(Authorize, EachMethodTakesItsRolesAndNoOthers) {
  for (const auto& [name, method] : SampleMethods().all()) {
    for (const v1::Role role : kRoles) {
      for (const bool all : {false, true}) {
        const Principal principal = all ? Of(role) : Of(role, {"acme"});
        const bool role_fits = method.door == Door::kCaller || method.HasRole(role);
        const bool fits = role_fits && (all || method.scope != v1::SCOPE_SERVICE);
        const absl::Status status = CheckMethod(method, &principal);
        EXPECT_EQ(status.ok(), fits) << name << " as " << v1::Role_Name(role) << " " << status;
        if (!fits) {
          EXPECT_EQ(aip::ReasonOf(status), role_fits ? v1::TENANT_FORBIDDEN : v1::ROLE_FORBIDDEN)
              << name << status;
        }
      }
    }
  }
}

TEST(Authorize, WithoutACredentialOnlyOpenMethods) {
  for (const auto& [name, method] : SampleMethods().all()) {
    EXPECT_EQ(aip::ReasonOf(CheckMethod(method, nullptr)), v1::CREDENTIALS_MISSING) << name;
  }
  const Methods& methods = SampleMethods();
  EXPECT_TRUE(CheckMethod(*methods.Find("/grpc.health.v1.Health/Check"), nullptr).ok());
  const Method& reflection = *methods.Find("/grpc.reflection.v1alpha.ServerReflection/X");
  EXPECT_EQ(aip::ReasonOf(CheckMethod(reflection, nullptr)), v1::CREDENTIALS_MISSING);
  const Principal publisher = Of(v1::ROLE_PUBLISHER, {"acme"});
  EXPECT_TRUE(CheckMethod(reflection, &publisher).ok());
}

TEST(Authorize, APortalSessionFindsMostDoorsClosed) {
  Principal portal = Of(v1::ROLE_TENANT_ADMIN, {"acme"});
  portal.kind = PrincipalKind::kPortal;
  for (const auto& [name, method] : SampleMethods().all()) {
    const absl::Status status = CheckMethod(method, &portal);
    EXPECT_EQ(status.ok(), method.portal) << name << status;
  }
  portal.role = v1::ROLE_READER;
  EXPECT_TRUE(CheckMethod(SampleMethod("GetBell"), &portal).ok());
  EXPECT_EQ(aip::ReasonOf(CheckMethod(SampleMethod("ChangeBell"), &portal)), v1::ROLE_FORBIDDEN);
}

TEST(Authorize, ARefusalNamesMethodAndRole) {
  const Principal reader = Of(v1::ROLE_READER);
  const absl::Status status = CheckMethod(SampleMethod("ChangeBell"), &reader);
  EXPECT_EQ(status.message(), "ROLE_READER may not call carillon.sample.SampleService/ChangeBell");
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(aip::GetDetail(status, info));
  EXPECT_EQ(info.metadata().at("method"), "carillon.sample.SampleService/ChangeBell");
  EXPECT_EQ(info.metadata().at("role"), "ROLE_READER");
}

TEST(Authorize, EventsAreOfTheTokensTenantsAndTypes) {
  Principal shop = Of(v1::ROLE_PUBLISHER, {"acme", "bell"});
  shop.event_types = {"order.*", "user.created"};
  EXPECT_TRUE(CheckEvent(shop, 0, "acme", "order.paid").ok());
  EXPECT_TRUE(CheckEvent(shop, 0, "bell", "user.created").ok());
  const absl::Status tenant = CheckEvent(shop, 3, "acm", "order.paid");
  EXPECT_EQ(aip::ReasonOf(tenant), v1::TENANT_FORBIDDEN);
  EXPECT_EQ(tenant.message(), "events[3].tenant: not a tenant of the caller");
  const absl::Status type = CheckEvent(shop, 7, "acme", "user.deleted");
  EXPECT_EQ(aip::ReasonOf(type), v1::EVENT_TYPE_FORBIDDEN);
  EXPECT_THAT(std::string(type.message()), HasSubstr("events[7].type"));
  EXPECT_TRUE(CheckEvent(Of(v1::ROLE_PUBLISHER), 0, "any", "any.type").ok());
}

}  // namespace
}  // namespace carillon::access
