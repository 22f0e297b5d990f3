// What the backlogs of a tenant may take together, and what each of them then may.
#include "carillon/journal/tenant_bounds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tenant_level.h"

namespace carillon::journal {
namespace {

TEST(TenantBounds, ItsOwnStandsAboveTheDefault) {
  TenantBounds bounds;
  EXPECT_EQ(bounds.Of("acme"), TenantBounds::kNone) << "nothing was set yet";
  EXPECT_EQ(bounds.Lowest(), TenantBounds::kNone);
  bounds.SetDefault(100);
  bounds.Set("acme", 500);
  EXPECT_EQ(bounds.Of("acme"), 500u);
  EXPECT_EQ(bounds.Of("bell"), 100u);
  EXPECT_EQ(bounds.Lowest(), 100u);
  bounds.Set("bell", 30);
  EXPECT_EQ(bounds.Lowest(), 30u);
  bounds.Set("bell", std::nullopt);
  EXPECT_EQ(bounds.Of("bell"), 100u);
  EXPECT_EQ(bounds.Lowest(), 100u);
}

TEST(LevelWithin, TheLargestGiveAndTheSmallStayWhole) {
  EXPECT_EQ(LevelWithin({}, 0), UINT64_MAX);
  EXPECT_EQ(LevelWithin({40, 60}, 100), UINT64_MAX);
  EXPECT_EQ(LevelWithin({40, 61}, 100), 60u);
  EXPECT_EQ(LevelWithin({500, 10, 500}, 100), 45u);
  EXPECT_EQ(LevelWithin({1, 90, 30, 40}, 100), 34u);
  EXPECT_EQ(LevelWithin({7}, 0), 0u);
  EXPECT_EQ(LevelWithin({UINT64_MAX, UINT64_MAX}, UINT64_MAX), UINT64_MAX / 2);
}

TEST(LevelWithin, IsTheHighestThatFits) {
  uint64_t state = 7;
  const auto below = [&](uint64_t n) { return (state = state * 6364136223846793005 + 1) % n; };
  for (int round = 0; round < 500; ++round) {
    std::vector<uint64_t> bytes(1 + below(8));
    for (uint64_t& each : bytes) each = 1 + below(50);
    const uint64_t bound = below(200);
    const uint64_t level = LevelWithin(bytes, bound);
    const auto within = [&](uint64_t most) {
      uint64_t sum = 0;
      for (const uint64_t each : bytes) sum += std::min(each, most);
      return sum <= bound;
    };
    EXPECT_TRUE(within(level)) << round;
    if (level != UINT64_MAX) EXPECT_FALSE(within(level + 1)) << round;
  }
}

}  // namespace
}  // namespace carillon::journal
