#include "carillon/access/tenant_quotas.h"

#include <gtest/gtest.h>

#include <string>

namespace carillon::access {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const base::MonoTime kFirst = base::MonoTime(std::chrono::hours(1));

/// How many single events are taken in the name of the tenant, of `tries` at once.
int Taken(TenantQuotas& quotas, std::string_view tenant, int tries, base::MonoTime now = kFirst) {
  int taken = 0;
  for (int i = 0; i < tries; ++i) {
    if (quotas.Wait(tenant, now)) continue;
    quotas.Charge(tenant, 1, 10, now);
    ++taken;
  }
  return taken;
}

TEST(TenantQuotas, WithoutBoundsThereIsNothingToAsk) {
  TenantQuotas quotas;
  EXPECT_FALSE(quotas.asks());
  quotas.Set("acme", PublishRate());
  EXPECT_FALSE(quotas.asks()) << "it is a tenant, and has no bound";
  EXPECT_TRUE(quotas.Knows("other"));
  EXPECT_EQ(Taken(quotas, "acme", 1000), 1000);
  EXPECT_EQ(quotas.counted(), 0u);
}

TEST(TenantQuotas, OneThatIsDisabledSaysWhy) {
  TenantQuotas quotas;
  quotas.Set("acme", PublishRate(), TenantRefusal{"unpaid"});
  EXPECT_TRUE(quotas.asks());
  EXPECT_EQ(quotas.Refused("acme"), TenantRefusal{"unpaid"});
  EXPECT_EQ(quotas.Refused("bell"), std::nullopt);
  quotas.Set("acme", PublishRate(), TenantRefusal{});
  EXPECT_EQ(quotas.Refused("acme"), TenantRefusal{}) << "nobody said why";
  quotas.Set("acme", PublishRate());
  EXPECT_EQ(quotas.Refused("acme"), std::nullopt);
  EXPECT_FALSE(quotas.asks());
}

TEST(TenantQuotas, EachHasItsOwnOrThatOfAll) {
  TenantQuotas quotas;
  quotas.SetDefaults({.events_per_second = 5}, false);
  quotas.Set("large", PublishRate{.events_per_second = 50});
  EXPECT_TRUE(quotas.asks());
  EXPECT_EQ(Taken(quotas, "a", 100), 5);
  EXPECT_EQ(Taken(quotas, "b", 100), 5);
  EXPECT_EQ(Taken(quotas, "large", 100), 50);
  EXPECT_EQ(Taken(quotas, "a", 100, kFirst + seconds(1)), 5);
}

TEST(TenantQuotas, AMemberThatATenantLeavesOutIsTheDefaults) {
  TenantQuotas quotas;
  quotas.SetDefaults({.bytes_per_second = 1000}, false);
  quotas.Set("a", PublishRate{.events_per_second = 500});
  EXPECT_EQ(Taken(quotas, "a", 1000), 100) << "of ten bytes each";
}

TEST(TenantQuotas, AChangeIsInForceAtOnceAndOthersStay) {
  TenantQuotas quotas;
  quotas.Set("a", PublishRate{.events_per_second = 10});
  quotas.Set("b", PublishRate{.events_per_second = 10});
  EXPECT_EQ(Taken(quotas, "a", 100), 10);
  EXPECT_EQ(Taken(quotas, "b", 100), 10);
  quotas.Set("a", PublishRate{.events_per_second = 20});
  quotas.Set("b", PublishRate{.events_per_second = 10});
  EXPECT_EQ(Taken(quotas, "a", 100), 20);
  EXPECT_EQ(Taken(quotas, "b", 100), 0) << "nothing changed for it";
  quotas.Set("a", std::nullopt);
  quotas.Set("b", std::nullopt);
  EXPECT_FALSE(quotas.asks());
  EXPECT_EQ(Taken(quotas, "a", 100), 100);
}

TEST(TenantQuotas, WhereTheyAreRequiredThereAreThoseThatWereMade) {
  TenantQuotas quotas;
  quotas.Set("acme", PublishRate());
  quotas.SetDefaults({}, true);
  EXPECT_TRUE(quotas.asks());
  EXPECT_TRUE(quotas.Knows("acme"));
  EXPECT_FALSE(quotas.Knows("acmee"));
  quotas.Set("acme", std::nullopt);
  EXPECT_FALSE(quotas.Knows("acme"));
}

TEST(TenantQuotas, OnesThatPublishNoMoreAreForgotten) {
  TenantQuotas quotas;
  quotas.SetDefaults({.events_per_second = 5}, false);
  for (int i = 0; i < 100'000; ++i) {
    Taken(quotas, std::to_string(i), 1, kFirst + milliseconds(i));
  }
  EXPECT_LT(quotas.counted(), 5000u);
}

}  // namespace
}  // namespace carillon::access
