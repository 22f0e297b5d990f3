#include "carillon/access/methods.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carillon/v1/publisher.pb.h"
#include "sample_methods.h"

namespace carillon::access {
namespace {

using ::testing::HasSubstr;

TEST(Methods, SaysWhichMethodsNobodyThoughtOf) {
  const std::array services{SampleServiceNamed("CarelessService")};
  const auto methods = Methods::Create(services, {});
  ASSERT_EQ(methods.status().code(), absl::StatusCode::kFailedPrecondition);
  const std::string why(methods.status().message());
  EXPECT_THAT(why, HasSubstr("carillon.sample.CarelessService/Forgotten has no option access"));
  EXPECT_THAT(why, HasSubstr("CarelessService/Nobody has no roles"));
  EXPECT_THAT(why, HasSubstr("CarelessService/Anywhere has no scope"));
  EXPECT_THAT(why, HasSubstr("CarelessService/Unseen has no audit"));
  EXPECT_THAT(why, HasSubstr("no message is a resource of the type carillon/Nothing"));
}

TEST(Methods, ReadsTheOptions) {
  const Method& get = SampleMethod("GetBell");
  EXPECT_EQ(get.name, "carillon.sample.SampleService/GetBell");
  EXPECT_EQ(get.door, Door::kRoles);
  EXPECT_EQ(get.scope, v1::SCOPE_TENANT);
  EXPECT_EQ(get.audit, v1::AUDIT_REFUSED);
  EXPECT_TRUE(get.portal);
  EXPECT_TRUE(get.HasRole(v1::ROLE_READER));
  EXPECT_FALSE(get.HasRole(v1::ROLE_PUBLISHER));
  EXPECT_EQ(SampleMethod("GetCaller").door, Door::kCaller);
}

TEST(Methods, FindsForeignOnesByTheirService) {
  const Methods& methods = SampleMethods();
  ASSERT_NE(methods.Find("/grpc.health.v1.Health/Check"), nullptr);
  EXPECT_EQ(methods.Find("/grpc.health.v1.Health/Check")->door, Door::kOpen);
  EXPECT_EQ(methods.Find("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")->door,
            Door::kCaller);
  EXPECT_EQ(methods.Find("/grpc.health.v1.Healthy/Check"), nullptr);
  EXPECT_EQ(methods.Find("/carillon.sample.SampleService/Unknown"), nullptr);
  EXPECT_EQ(methods.Find(""), nullptr);
}

/// Every service of the contract says who may call it.
TEST(Methods, TakesTheServicesOfTheContract) {
  const std::array services{v1::Event::descriptor()->file()->pool()->FindServiceByName(
      v1::PublishRequest::descriptor()->file()->service(0)->full_name())};
  const auto methods = Methods::Create(services, {});
  ASSERT_TRUE(methods.ok()) << methods.status();
  EXPECT_TRUE((*methods)->Find("/carillon.v1.EventPublisher/Publish")->HasRole(v1::ROLE_PUBLISHER));
}

}  // namespace
}  // namespace carillon::access
