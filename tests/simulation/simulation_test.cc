// Seeded runs of the engine with all its shards in simulated time. A failing seed is printed; run
// it alone with CARILLON_SIM_SEED=<seed>, or more of them with CARILLON_SIM_RUNS=<number>.

#include <gtest/gtest.h>

#include <cstdlib>

#include "sim_world.h"

namespace carillon::delivery {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

TEST(Simulation, KeepsItsPromisesWhateverHappens) {
  const uint64_t only = FromEnvironment("CARILLON_SIM_SEED", 0);
  const uint64_t runs = FromEnvironment("CARILLON_SIM_RUNS", 2000);
  const uint64_t first = only != 0 ? only : 1;
  const uint64_t last = only != 0 ? only : runs;
  size_t deliveries = 0, deaths = 0, behind = 0, operational = 0, evicted = 0, removed = 0,
         cut_short = 0, came_back = 0, skipped = 0, in_outages = 0, calls = 0, of_tenant = 0,
         purged = 0;
  SimChecks::Counts all;
  SimPublisher::Counts published;
  SimTroubles troubles;
  for (uint64_t seed = first; seed <= last; ++seed) {
    SimWorld world(seed);
    world.Run(80);
    deliveries += world.deliveries();
    deaths += world.deaths();
    behind += world.fell_behind();
    operational += world.operational();
    evicted += world.given_up();
    removed += world.removed();
    cut_short += world.cut_short();
    calls += world.calls();
    purged += world.purged();
    of_tenant += world.given_up_of_tenant();
    came_back += world.came_back();
    skipped += world.skipped();
    in_outages += world.attempts_in_outages();
    all += world.counts();
    published += world.published();
    troubles += world.troubles();
    ASSERT_FALSE(HasFailure()) << "seed " << seed << ": CARILLON_SIM_SEED=" << seed;
  }
  std::printf(
      "%zu deliveries (%zu in order), %zu deaths, %zu retries (%zu timed), %zu shortages, %zu "
      "pauses, %zu "
      "batches (%zu retried), %zu taken apart, %zu operational events, %zu steps with a lane "
      "behind, %zu given up (%zu for their tenant), %zu events removed, %zu lanes came back anew, "
      "%zu deaths between "
      "taking a lane out and closing it\n",
      deliveries, all.in_order, deaths, all.retries, all.timed, all.shortages, all.pauses,
      all.batches, all.retried_batches, all.taken_apart, operational, behind, evicted, of_tenant,
      removed, came_back, cut_short);
  std::printf(
      "%zu duplicates, %zu ids of both tenants, %zu batches refused, %zu full disks, %zu journals "
      "that failed, %zu changes "
      "refused, %zu deaths in a change, %zu drains (%zu given up), %zu positions left out, %zu "
      "attempts "
      "while nothing was durable, %zu calls of owners, %zu purged\n",
      published.duplicates, published.shared_ids, published.refused, troubles.full_disks,
      troubles.failed_journals, troubles.refused_changes, troubles.deaths_in_changes,
      troubles.drains, troubles.drains_given_up, skipped, in_outages, calls, purged);
  // Runs in which nothing went wrong would show nothing; a single one may.
  if (only == 0) {
    EXPECT_GT(deliveries, 0u);
    EXPECT_GT(deaths, 0u);
    EXPECT_GT(purged, 0u);
    EXPECT_GT(all.retries, 0u);
    EXPECT_GT(all.timed, 0u);
    EXPECT_GT(all.shortages, 0u);
    EXPECT_GT(all.pauses, 0u);
    EXPECT_GT(all.in_order, 0u);
    EXPECT_GT(all.retried_batches, 0u);
    EXPECT_GT(all.taken_apart, 0u);
    EXPECT_GT(operational, 0u);
    EXPECT_GT(behind, 0u);
    EXPECT_GT(evicted, 0u);
    EXPECT_GT(of_tenant, 0u);
    EXPECT_GT(calls, 0u);
    EXPECT_GT(removed, 0u);
    EXPECT_GT(came_back, 0u);
    EXPECT_GT(skipped, 0u);
    EXPECT_GT(cut_short, 0u);
    EXPECT_GT(published.duplicates, 0u);
    EXPECT_GT(published.shared_ids, 0u);
    EXPECT_GT(published.refused, 0u);
    EXPECT_GT(troubles.full_disks, 0u);
    EXPECT_GT(troubles.failed_journals, 0u);
    EXPECT_GT(in_outages, 0u);
    EXPECT_GT(troubles.refused_changes, 0u);
    EXPECT_GT(troubles.deaths_in_changes, 0u);
    EXPECT_GT(troubles.drains, 0u);
  }
}

}  // namespace
}  // namespace carillon::delivery
