// A shard has one owner at a time, and the next begins where the one before ended.

#include "store_test.h"

namespace carillon::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(StoreTest, WhatWasSettledAboveTheWatermarkIsKnownToTheNextOwner) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const LaneId other = OpenLane("two").lane;
  const std::vector<uint64_t> p = AppendSome(6);
  Settlement settlement;
  settlement.attempts = {Attempt(lane, p[0]), Attempt(lane, p[2])};
  settlement.parked = {
      {.lane = lane, .due = Due::Held(5), .position = p[3], .group = 5, .rest = {}}};
  settlement.dead = {{lane, p[4], 0, model::Outcome::kCancelled, under_test_->now()}};
  settlement.watermark = p[0];
  Settle(settlement);
  const auto check = [&](const ShardState& next) {
    EXPECT_EQ(next.watermark, p[0]);
    EXPECT_GE(next.last_position, p[5]);
    EXPECT_TRUE(next.settled->Contains(p[2], lane)) << "by an attempt";
    EXPECT_TRUE(next.settled->Contains(p[3], lane)) << "held";
    EXPECT_TRUE(next.settled->Contains(p[4], lane)) << "dead";
    EXPECT_FALSE(next.settled->Contains(p[1], lane));
    EXPECT_FALSE(next.settled->Contains(p[5], lane));
    EXPECT_FALSE(next.settled->Contains(p[2], other));
  };
  check(Own(0));
  Restart();
  check(Own(0));
}

TEST_P(StoreTest, WhatWasSettledAtALanesCursorIsKnownToTheNextOwner) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const LaneId keeps_up = OpenLane("two").lane;
  const std::vector<uint64_t> p = AppendSome(4);
  Settlement settlement;
  settlement.attempts = {Attempt(lane, p[2]), Attempt(keeps_up, p[2])};
  settlement.cursors = {{lane, p[1]}};
  settlement.watermark = p[3];
  Settle(settlement);
  const auto check = [&](const ShardState& next) {
    EXPECT_TRUE(next.settled->Contains(p[2], lane));
    EXPECT_FALSE(next.settled->Contains(p[1], lane));
  };
  check(Own(0));
  Restart();
  check(Own(0));
}

TEST_P(StoreTest, AnAttemptThatSettlesNothingIsForgotten) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const uint64_t a = AppendOne("a");
  Settlement settlement;
  settlement.attempts = {Attempt(lane, a, model::Outcome::kCancelled)};
  settlement.attempts[0].settles = false;
  Settle(settlement);
  EXPECT_FALSE(Own(0).settled->Contains(a, lane));
  Restart();
  EXPECT_FALSE(Own(0).settled->Contains(a, lane));
}

TEST_P(StoreTest, EpochsAreNeverUsedTwice) {
  Start();
  const uint64_t first = epochs_[0];
  const uint64_t second = Own(0).epoch;
  EXPECT_NE(second, first);
  EXPECT_NE(Own(0).epoch, second);
}

TEST_P(StoreTest, OfADeposedOwnerNothingIsWritten) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const std::vector<uint64_t> p = AppendSome(3);
  const uint64_t before = epochs_[0];
  Own(0);
  Follower follower;
  stores().events.AddConsumer(&follower);
  Settlement late = Failed(lane, p[0], At(1));
  late.epoch = before;
  late.watermark = p[2];
  late.cursors = {{lane, p[1]}};
  late.dead = {{lane, p[1], 1, model::Outcome::kDns, under_test_->now()}};
  late.events = {model::Event::Create(
      {.id = "own", .type = "delivery.dead", .tenant = "acme", .payload = "{}"})};
  EXPECT_EQ(TrySettle(late).code(), absl::StatusCode::kAborted);
  EXPECT_THAT(PositionsOf(TakeDue(lane, At(9))), IsEmpty());
  const ShardState next = Own(0);
  EXPECT_EQ(next.watermark, 0u);
  EXPECT_FALSE(next.settled->Contains(p[0], lane));
  EXPECT_FALSE(next.settled->Contains(p[1], lane));
  EXPECT_EQ(OpenLane("one").cursor, std::nullopt);
  EXPECT_THAT(follower.positions(), IsEmpty());
  stores().events.RemoveConsumer(&follower);
  Restart();
  EXPECT_EQ(OpenLane("one").parked, 0u);
}

TEST_P(StoreTest, ADeposedOwnerTakesNothingOut) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const uint64_t before = epochs_[0];
  const uint64_t now = Own(0).epoch;
  EXPECT_TRUE(TakeOut("one", before).ok()) << "whoever has the shard takes it out";
  EXPECT_FALSE(Listed(lane)->taken_out);
  EXPECT_EQ(OpenLane("one").lane, lane);
  stores().shards.ReleaseShard(0, now);
  EXPECT_TRUE(TakeOut("one", now).ok());
  EXPECT_EQ(OpenLane("one").lane, lane) << "it was given up";
  Own(0);
  EXPECT_TRUE(TakeOut("one").ok());
  EXPECT_NE(OpenLane("one").lane, lane);
}

TEST_P(StoreTest, ADeposedOwnerClosesAndRetiresNothing) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const uint64_t a = AppendOne("a");
  Settle(Failed(lane, a, At(1)));
  const uint64_t before = epochs_[0];
  Own(0);
  CloseLanes({lane}, before);
  const auto left = RetireLanes({lane}, before);
  ASSERT_TRUE(left.ok()) << "whoever has the shard does it";
  EXPECT_THAT(*left, testing::IsEmpty());
  ASSERT_TRUE(Listed(lane).has_value());
  EXPECT_FALSE(Listed(lane)->taken_out);
  EXPECT_EQ(OpenLane("one").lane, lane);
  EXPECT_THAT(PositionsOf(TakeDue(lane, At(9))), testing::ElementsAre(a)) << "nothing is dead";
  EXPECT_EQ(RetireLanes({lane})->size(), 1u);
  EXPECT_FALSE(Listed(lane).has_value());
}

TEST_P(StoreTest, TheNextOwnerGoesOn) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const std::vector<uint64_t> p = AppendSome(3);
  Settlement first = Failed(lane, p[0], At(1));
  first.watermark = p[0];
  Settle(first);
  const ShardState next = Own(0);
  EXPECT_EQ(next.watermark, p[0]);
  EXPECT_THAT(PositionsOf(TakeDue(lane, At(9))), ElementsAre(p[0])) << "rows are still there";
  Settlement second;
  second.attempts = {Attempt(lane, p[1])};
  second.watermark = p[1];
  Settle(second);
  EXPECT_EQ(Own(0).watermark, p[1]);
}

TEST_P(StoreTest, AShardThatWasReleasedTakesNothing) {
  Start();
  const uint64_t a = AppendOne("a");
  stores().shards.ReleaseShard(0, epochs_[0]);
  Settlement settlement;
  settlement.epoch = epochs_[0];
  settlement.watermark = a;
  EXPECT_EQ(TrySettle(settlement).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Own(0).watermark, 0u);
  Settle({.watermark = a});
  EXPECT_EQ(Own(0).watermark, a);
}

TEST_P(StoreTest, WhoIsNotItsOwnerReleasesNothing) {
  Start();
  const uint64_t before = epochs_[0];
  Own(0);
  stores().shards.ReleaseShard(0, before);
  const uint64_t a = AppendOne("a");
  Settle({.watermark = a});
}

TEST_P(StoreTest, AShardThatNobodyTookTakesNothing) {
  Start();
  Settlement settlement;
  settlement.shard = 3;
  EXPECT_EQ(TrySettle(settlement).code(), absl::StatusCode::kAborted);
}

TEST_P(StoreTest, AShardThatNobodyTookYetKeepsItsDeliveries) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const LaneId other = OpenLane("two").lane;
  stores().shards.DeclareShards(3);
  const std::vector<uint64_t> p = AppendSome(3);
  Settle({.attempts = {Attempt(lane, p[0])}, .watermark = p[2]});
  EXPECT_EQ(stores().shards.shard_stats().watermark, 0u) << "the others' lanes wait for all";
  const ShardState second = Own(1);
  EXPECT_EQ(second.watermark, 0u);
  EXPECT_FALSE(second.settled->Contains(p[0], other));
  EXPECT_EQ(Positions(), p);
  Settle({.shard = 1, .watermark = p[1]});
  EXPECT_EQ(Own(2).watermark, 0u);
  Settle({.shard = 2, .watermark = p[0]});
  EXPECT_EQ(stores().shards.shard_stats().watermark, p[0]) << "the lowest";
  stores().shards.ReleaseShard(2, epochs_[2]);
  Settle({.shard = 1, .watermark = p[2]});
  EXPECT_EQ(stores().shards.shard_stats().watermark, p[0]) << "nobody has it";
  EXPECT_EQ(Own(2).watermark, p[0]);
  EXPECT_EQ(Own(1).watermark, p[2]) << "its own";
}

TEST_P(StoreTest, ShardsAreTakenOneByOne) {
  Start(2);
  const uint64_t a = AppendOne("a");
  Own(1);  // the owner of the first stays
  Settle({.watermark = a});
  Settle({.shard = 1, .watermark = a});
  EXPECT_EQ(stores().shards.shard_stats().watermark, a);
}

}  // namespace
}  // namespace carillon::store
