#include "carillon/aip/resource_name.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "aip_test.pb.h"

namespace carillon::aip {
namespace {

using ::testing::ElementsAre;

const NamePattern& Destinations() {
  static const NamePattern kPattern("tenants/{tenant}/destinations/{destination}");
  return kPattern;
}

TEST(ResourceName, GivesItsIds) {
  const auto ids = Destinations().Match("tenants/acme/destinations/orders");
  ASSERT_TRUE(ids);
  EXPECT_THAT(*ids, ElementsAre("acme", "orders"));
  EXPECT_EQ(Destinations().Format(*ids), "tenants/acme/destinations/orders");
  EXPECT_TRUE(NamePattern("tenants/{t}/events/{e}").Match("tenants/a_B.c/events/x@17"));
}

TEST(ResourceName, IsNothingElse) {
  for (const std::string& name :
       {std::string(), std::string("orders"), std::string("tenants/acme"),
        std::string("tenants/acme/destinations"), std::string("tenants/acme/destinations/"),
        std::string("tenants//destinations/orders"),
        std::string("tenants/acme/subscriptions/orders"),
        std::string("tenants/acme/destinations/orders/keys/first"),
        std::string("/tenants/acme/destinations/orders"),
        std::string("tenants/acme/destinations/orders/"),
        std::string("Tenants/acme/destinations/orders"),
        std::string("tenants/./destinations/orders"), std::string("tenants/acme/destinations/.."),
        std::string("tenants/acme/destinations/a b"), std::string("tenants/acme/destinations/a\n"),
        std::string("tenants/acme/destinations/\xc3\xa4"),
        "tenants/acme/destinations/" + std::string(257, 'x'),
        "tenants/acme/destinations/" + std::string(10'240, 'x')}) {
    EXPECT_FALSE(Destinations().Match(name)) << name;
    EXPECT_FALSE(Destinations().Match(name, true)) << name;
  }
}

TEST(ResourceName, AnyIsAnIdWhereItIsAllowed) {
  EXPECT_FALSE(Destinations().Match("tenants/-/destinations/orders"));
  const auto ids = Destinations().Match("tenants/-/destinations/-", true);
  ASSERT_TRUE(ids);
  EXPECT_THAT(*ids, ElementsAre("-", "-"));
  EXPECT_TRUE(Destinations().Match("tenants/--/destinations/-x"));
}

TEST(ResourceName, HasAParent) {
  const auto parent = Destinations().Parent();
  ASSERT_TRUE(parent);
  EXPECT_EQ(parent->ToString(), "tenants/{tenant}");
  EXPECT_FALSE(parent->Parent());
}

TEST(ResourceName, PatternsStandInTheContract) {
  std::vector<std::string> patterns;
  for (const NamePattern& pattern : NamePattern::Of(*aiptest::Thing::descriptor())) {
    patterns.push_back(pattern.ToString());
  }
  EXPECT_THAT(patterns, ElementsAre("tenants/{tenant}/things/{thing}", "things/{thing}"));
  EXPECT_TRUE(NamePattern::Of(*aiptest::Status::descriptor()).empty());
}

}  // namespace
}  // namespace carillon::aip
