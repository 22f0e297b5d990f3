#include "tenant_caps.h"

#include <gtest/gtest.h>

#include <utility>

namespace carillon::engine {
namespace {

class TenantCapsTest : public testing::Test {
 protected:
  static model::Tenant Made(const std::string& name, std::optional<uint32_t> in_flight,
                            std::optional<double> rate = std::nullopt) {
    model::Tenant tenant;
    tenant.name = name;
    tenant.limits.max_in_flight = in_flight;
    tenant.limits.max_rate = rate;
    return tenant;
  }
  void Set(std::vector<model::Tenant> tenants, uint32_t in_all = 1000) {
    resource::OperatorSettings settings;
    settings.max_in_flight = in_all;
    settings.tenant_defaults.max_in_flight = 100;
    before_ = resource::MakeSnapshot(++revision_, settings, {}, {}, {}, before_.get(),
                                     std::move(tenants));
    tenant_caps_.Set(before_);
  }
  uint32_t Room(const char* tenant) { return caps_.Room(*caps_.TenantOf(tenant)); }

  policy::InFlightCaps caps_{1, 1};
  TenantCaps tenant_caps_{caps_, 1000};
  resource::SnapshotPtr before_;
  uint64_t revision_ = 0;
};

TEST_F(TenantCapsTest, OfItsOwnElseThatOfAll) {
  const auto held = caps_.TenantOf("acme");
  Set({Made("acme", 7), Made("bell", std::nullopt)});
  EXPECT_EQ(caps_.Room(*held), 7u);
  EXPECT_EQ(Room("acme"), 7u);
  EXPECT_EQ(Room("bell"), 100u);
  EXPECT_EQ(Room("other"), 100u);
}

TEST_F(TenantCapsTest, AChangeReachesThoseThatDeliverAlready) {
  const auto acme = caps_.TenantOf("acme");
  const auto bell = caps_.TenantOf("bell");
  Set({Made("acme", 7), Made("bell", 8)});
  Set({Made("acme", 9), Made("bell", 8)});
  EXPECT_EQ(caps_.Room(*acme), 9u);
  EXPECT_EQ(caps_.Room(*bell), 8u);
  Set({Made("bell", 8)});
  EXPECT_EQ(caps_.Room(*acme), 100u) << "it is no more, and has what each has";
}

TEST_F(TenantCapsTest, FewerConnectionsKeepItsPart) {
  Set({Made("acme", 500)}, 4000);  // of which 1000 are to be had
  EXPECT_EQ(Room("acme"), 125u);
  Set({Made("acme", 500)}, 2000);
  EXPECT_EQ(Room("acme"), 250u) << "the tenant is the same, its part is not";
}

TEST_F(TenantCapsTest, ARateToo) {
  const auto acme = caps_.TenantOf("acme");
  Set({Made("acme", std::nullopt, 3)});
  EXPECT_EQ(caps_.Room(*acme, base::MonoTime(std::chrono::hours(1))), 3u);
  Set({Made("acme", std::nullopt)});
  EXPECT_EQ(caps_.Room(*acme, base::MonoTime(std::chrono::hours(1))), 100u);
}

}  // namespace
}  // namespace carillon::engine
