// Which bounds of tenants' backlogs are in force after a change.
#include "backlog_bounds.h"

#include <gtest/gtest.h>

#include <memory>

#include "carillon/config/file_source.h"

namespace carillon::server {
namespace {

class BacklogBoundsTest : public testing::Test {
 protected:
  void Set(uint64_t of_all, std::vector<model::Tenant> tenants) {
    config::Config config;
    config.limits.mutable_tenant_defaults()->set_max_backlog_bytes(of_all);
    config.tenants = std::move(tenants);
    before_ = config::TakeSnapshot(++revision_, config, before_.get());
    keeper_.Set(before_);
  }
  static model::Tenant Named(const char* name, std::optional<uint64_t> bytes) {
    model::Tenant tenant{.name = name};
    tenant.limits.max_backlog_bytes = bytes;
    return tenant;
  }

  journal::TenantBounds bounds_;
  BacklogBounds keeper_{bounds_};
  resource::SnapshotPtr before_;
  uint64_t revision_ = 0;
};

TEST_F(BacklogBoundsTest, FollowEachChangeOfTheDefaultsAndOfTenants) {
  Set(1000, {Named("acme", 50), Named("bell", std::nullopt)});
  EXPECT_EQ(bounds_.Of("acme"), 50u);
  EXPECT_EQ(bounds_.Of("bell"), 1000u);
  EXPECT_EQ(bounds_.Of("nobody"), 1000u);
  Set(2000, {Named("acme", 70), Named("bell", 90)});
  EXPECT_EQ(bounds_.Of("acme"), 70u);
  EXPECT_EQ(bounds_.Of("bell"), 90u);
  EXPECT_EQ(bounds_.Of("nobody"), 2000u);
  Set(2000, {Named("bell", std::nullopt)});
  EXPECT_EQ(bounds_.Of("acme"), 2000u) << "it is not there any more";
  EXPECT_EQ(bounds_.Of("bell"), 2000u);
}

}  // namespace
}  // namespace carillon::server
