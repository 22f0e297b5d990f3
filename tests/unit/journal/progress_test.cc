#include "progress.h"

#include <gtest/gtest.h>

#include "carillon/store/settled_set.h"

namespace carillon::journal {
namespace {

Progress With(size_t shards, uint64_t last_position) {
  Progress progress;
  progress.state.last_position = last_position;
  progress.shard_watermarks.assign(shards, 0);
  return progress;
}

Settlement Of(uint32_t shard, uint64_t watermark) {
  Settlement settlement;
  settlement.shard = shard;
  settlement.watermark = watermark;
  return settlement;
}

TEST(Progress, TheWatermarkIsTheLowestAndNeverGoesBack) {
  Progress progress = With(2, 100);
  progress.Apply(Of(0, 50));
  EXPECT_EQ(progress.state.watermark, 0u);
  progress.Apply(Of(1, 60));
  EXPECT_EQ(progress.state.watermark, 50u);
  progress.Apply(Of(0, 40));
  EXPECT_EQ(progress.state.watermark, 50u);
  progress.Apply(Of(0, 1000));
  EXPECT_EQ(progress.state.watermark, 60u);
  progress.Apply(Of(1, 1000));
  EXPECT_EQ(progress.state.watermark, 100u);
}

TEST(Progress, CursorsHoldTheFloorAndACopyKeepsItsOwn) {
  Progress before = With(1, 100);
  before.Apply(Of(0, 80));
  EXPECT_EQ(before.floor(), 80u);
  Progress after = before;
  Settlement behind = Of(0, 90);
  behind.cursors = {{7, 31}, {8, 60}};
  after.Apply(behind);
  EXPECT_EQ(after.floor(), 30u);
  EXPECT_EQ(before.floor(), 80u);
  EXPECT_TRUE(before.cursors->empty());
  Settlement one_caught_up = Of(0, 90);
  one_caught_up.cursors = {{7, std::nullopt}};
  after.Apply(one_caught_up);
  EXPECT_EQ(after.floor(), 59u);
}

TEST(AttemptTail, StartsAtTheFirstChunkWithARowAboveTheFloor) {
  AttemptTail tail;
  tail.Add(5, 10);
  tail.Add(6, 30);
  tail.Add(7, 20);
  EXPECT_EQ(tail.Advance(9, 8), 5);
  EXPECT_EQ(tail.Advance(10, 8), 6);
  EXPECT_EQ(tail.Advance(25, 8), 6);
  EXPECT_EQ(tail.Advance(30, 8), 8);
}

TEST(SettledSet, KnowsExactlyItsPairs) {
  const SettledSet set({{9, 1}, {3, 2}, {9, 1}});
  EXPECT_EQ(set.size(), 2u);
  EXPECT_TRUE(set.Contains(9, 1));
  EXPECT_TRUE(set.Contains(3, 2));
  EXPECT_FALSE(set.Contains(3, 1));
  EXPECT_FALSE(set.Contains(10, 1));
  EXPECT_FALSE(SettledSet().Contains(0, 0));
}

}  // namespace
}  // namespace carillon::journal
