// Seeded runs of two engines that hand shards to each other over one store. A failing seed is
// printed; run it alone with CARILLON_SIM_SEED=<seed>, or more with CARILLON_SIM_RUNS=<number>.

#include <gtest/gtest.h>

#include <cstdlib>

#include "handover_world.h"

namespace carillon::delivery {
namespace {

uint64_t NumberIn(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

TEST(Handover, LosesNothingAndKeepsOrderWhoeverHasAShard) {
  const uint64_t only = NumberIn("CARILLON_SIM_SEED", 0);
  const uint64_t first = only != 0 ? only : 1;
  const uint64_t last = only != 0 ? only : NumberIn("CARILLON_SIM_RUNS", 1000);
  HandoverWorld::Counts all;
  size_t deliveries = 0, deaths = 0;
  for (uint64_t seed = first; seed <= last; ++seed) {
    HandoverWorld world(seed);
    world.Run(80);
    all += world.counts();
    deliveries += world.deliveries();
    deaths += world.deaths();
    ASSERT_FALSE(HasFailure()) << "seed " << seed << ": CARILLON_SIM_SEED=" << seed;
  }
  std::printf(
      "%zu deliveries (%zu in order), %zu deaths, %zu shards given up (%zu in part), %zu taken "
      "unasked, %zu crashes, %zu refused, %zu attempts of deposed owners, %zu delivered twice\n",
      deliveries, all.seen.in_order, deaths, all.given, all.given_in_part, all.stolen, all.crashes,
      all.refused, all.seen.by_deposed, all.seen.twice);
  if (only != 0) return;
  EXPECT_GT(deliveries, 0u);
  EXPECT_GT(deaths, 0u);
  EXPECT_GT(all.seen.in_order, 0u);
  EXPECT_GT(all.given, 0u);
  EXPECT_GT(all.given_in_part, 0u);
  EXPECT_GT(all.stolen, 0u);
  EXPECT_GT(all.crashes, 0u);
  EXPECT_GT(all.refused, 0u);
  EXPECT_GT(all.seen.by_deposed, 0u);
  EXPECT_GT(all.seen.twice, 0u);
}

}  // namespace
}  // namespace carillon::delivery
