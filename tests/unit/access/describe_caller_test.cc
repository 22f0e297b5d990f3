#include "carillon/access/describe_caller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carillon/access/authorize.h"
#include "sample_methods.h"

namespace carillon::access {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(DescribeCaller, SaysWhoItIs) {
  Principal principal = Of(v1::ROLE_PUBLISHER, {"acme", "bell"});
  principal.event_types = {"order.*"};
  principal.expire_time = base::WallTime(std::chrono::milliseconds(1'700'000'000'250));
  const v1::Caller caller = DescribeCaller(principal, SampleMethods());
  EXPECT_EQ(caller.principal(), "token:tokens/sample");
  EXPECT_EQ(caller.kind(), v1::Caller::TOKEN);
  EXPECT_EQ(caller.role(), v1::ROLE_PUBLISHER);
  EXPECT_FALSE(caller.all_tenants());
  EXPECT_THAT(caller.tenants(), ElementsAre("tenants/acme", "tenants/bell"));
  EXPECT_EQ(caller.expire_time().seconds(), 1'700'000'000);
  EXPECT_EQ(caller.expire_time().nanos(), 250'000'000);
  EXPECT_THAT(caller.event_types(), ElementsAre("order.*"));
}

TEST(DescribeCaller, AllTenantsAreNotListed) {
  const v1::Caller caller = DescribeCaller(Of(v1::ROLE_OPERATOR), SampleMethods());
  EXPECT_TRUE(caller.all_tenants());
  EXPECT_THAT(caller.tenants(), IsEmpty());
  EXPECT_FALSE(caller.has_expire_time());
}

/// The methods it is told of are those that it may call, whatever its role.
TEST(DescribeCaller, ListsWhatMayBeCalledAndNothingElse) {
  for (const v1::Role role :
       {v1::ROLE_OPERATOR, v1::ROLE_TENANT_ADMIN, v1::ROLE_READER, v1::ROLE_PUBLISHER}) {
    const Principal principal = role == v1::ROLE_OPERATOR ? Of(role) : Of(role, {"acme"});
    const v1::Caller caller = DescribeCaller(principal, SampleMethods());
    for (const auto& [name, method] : SampleMethods().all()) {
      if (CheckMethod(method, &principal).ok()) {
        EXPECT_THAT(caller.methods(), Contains(name));
      } else {
        EXPECT_THAT(caller.methods(), Not(Contains(name)));
      }
    }
    EXPECT_THAT(caller.methods(), Contains("carillon.sample.SampleService/GetCaller"));
  }
  EXPECT_THAT(DescribeCaller(Of(v1::ROLE_READER, {"acme"}), SampleMethods()).methods(),
              Contains("carillon.sample.SampleService/GetBell"));
  EXPECT_THAT(DescribeCaller(Of(v1::ROLE_PUBLISHER, {"acme"}), SampleMethods()).methods(),
              Not(Contains("carillon.sample.SampleService/GetBell")));
}

}  // namespace
}  // namespace carillon::access
