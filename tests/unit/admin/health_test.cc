#include "carillon/admin/health.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace carillon::admin {
namespace {

TEST(Health, StartsAsNotReady) {
  EXPECT_EQ(Health().Get(),
            (Health::State{.ready = false, .failed = false, .reason = "starting", .stuck = ""}));
}

TEST(Health, ComesAndGoes) {
  Health health;
  health.SetReady();
  EXPECT_EQ(health.Get(),
            (Health::State{.ready = true, .failed = false, .reason = "", .stuck = ""}));
  health.SetNotReady("stopping");
  EXPECT_EQ(health.Get(),
            (Health::State{.ready = false, .failed = false, .reason = "stopping", .stuck = ""}));
}

TEST(Health, FailedIsFinal) {
  Health health;
  health.SetFailed("sync failed");
  health.SetReady();
  health.SetNotReady("stopping");
  health.SetFailed("another");
  EXPECT_EQ(health.Get(),
            (Health::State{.ready = false, .failed = true, .reason = "sync failed", .stuck = ""}));
}

TEST(Health, StuckStandsBesideTheRest) {
  Health health;
  health.SetReady();
  health.SetStuck("a loop");
  EXPECT_EQ(health.Get().stuck, "a loop");
  EXPECT_TRUE(health.Get().ready);
  health.SetNotReady("stopping");
  EXPECT_EQ(health.Get().stuck, "a loop") << "what is set by others leaves it";
  health.SetStuck("");
  EXPECT_EQ(health.Get().stuck, "");
  EXPECT_EQ(health.Get().reason, "stopping");
}

TEST(Health, IsSetAndReadByManyThreads) {
  Health health;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&health] {
      for (int i = 0; i < 1'000; ++i) {
        i % 2 == 0 ? health.SetReady() : health.SetNotReady("a reason that is not short at all");
        const Health::State state = health.Get();
        EXPECT_EQ(state.ready, state.reason.empty());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(health.Get().ready);
}

}  // namespace
}  // namespace carillon::admin
