// What became of deliveries: rows, cursors, health, the watermark.

#include "store_test.h"

namespace carillon::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(StoreTest, WhatWaitsForATimeComesInTheOrderOfTimes) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const std::vector<uint64_t> p = AppendSome(4);
  Settle(Failed(lane, p[0], At(30)));
  Settle(Failed(lane, p[1], At(10)));
  Settle(Failed(lane, p[2], At(10)));
  EXPECT_THAT(PositionsOf(TakeDue(lane, At(9))), IsEmpty());
  ASSERT_TRUE(TakeDue(lane, At(-100)).next.has_value());
  EXPECT_THAT(PositionsOf(TakeDue(lane, At(29))), ElementsAre(p[1], p[2]));
  const DueDeliveries all = TakeDue(lane, At(100));
  EXPECT_THAT(PositionsOf(all), ElementsAre(p[1], p[2], p[0]));
  EXPECT_FALSE(all.next.has_value());
  EXPECT_EQ(all.due[0].event->position(), p[1]);
  EXPECT_EQ(all.due[0].parked.attempts, 1u);
  const DueDeliveries some = TakeDue(lane, At(100), 2);
  EXPECT_THAT(PositionsOf(some), ElementsAre(p[1], p[2]));
  ASSERT_TRUE(some.next.has_value());
  EXPECT_TRUE(some.next->timed());
  EXPECT_EQ(some.next, all.due[2].parked.due);
}

TEST_P(StoreTest, RowsAreOfTheirLaneAlone) {
  Start();
  const LaneId one = OpenLane("one").lane;
  const LaneId two = OpenLane("two").lane;
  const uint64_t a = AppendOne("a");
  Settle(Failed(one, a, At(1)));
  EXPECT_THAT(PositionsOf(TakeDue(one, At(9))), ElementsAre(a));
  EXPECT_THAT(PositionsOf(TakeDue(two, At(9))), IsEmpty());
}

TEST_P(StoreTest, ARowThatIsUnparkedIsGoneAndAnotherTakesItsPlace) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const uint64_t a = AppendOne("a");
  const Due first = At(1);
  Settle(Failed(lane, a, first));
  Settlement again;
  again.attempts = {Attempt(lane, a, model::Outcome::kResponseTimeout)};
  again.attempts[0].number = 2;
  again.unparked = {{lane, first, a}};
  again.parked = {{.lane = lane, .due = At(50), .position = a, .attempts = 2, .rest = {}}};
  Settle(again);
  EXPECT_THAT(PositionsOf(TakeDue(lane, At(49))), IsEmpty());
  const DueDeliveries due = TakeDue(lane, At(51));
  ASSERT_THAT(PositionsOf(due), ElementsAre(a));
  EXPECT_EQ(due.due[0].parked.attempts, 2u);
}

TEST_P(StoreTest, WhatIsHeldComesByGroupAndMarksByThemselves) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const std::vector<uint64_t> p = AppendSome(5);
  Settlement settlement;
  const auto row = [&](Due due, uint64_t position, GroupId group) {
    settlement.parked.push_back(
        {.lane = lane, .due = due, .position = position, .group = group, .rest = {}});
  };
  row(Due::Held(7), p[3], 7);
  row(Due::Held(7), p[1], 7);
  row(Due::Held(8), p[2], 8);
  row(Due::Stuck(), p[0], 9);
  Settle(settlement);
  EXPECT_THAT(PositionsOf(TakeHeld(lane, 7)), ElementsAre(p[1], p[3]));
  EXPECT_FALSE(TakeHeld(lane, 7).next.has_value());
  EXPECT_TRUE(TakeHeld(lane, 7, 1).next.has_value());
  EXPECT_THAT(PositionsOf(TakeHeld(lane, 8)), ElementsAre(p[2]));
  EXPECT_THAT(PositionsOf(TakeHeld(lane, 0)), ElementsAre(p[0])) << "marks";
  EXPECT_THAT(PositionsOf(TakeDue(lane, At(1'000'000))), IsEmpty()) << "none waits for a time";
  EXPECT_EQ(TakeHeld(lane, 7).due[0].event->position(), p[1]);
}

TEST_P(StoreTest, WhatIsKeptComesFromAPositionOn) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const std::vector<uint64_t> p = AppendSome(4);
  Settlement settlement;
  for (const uint64_t position : p) {
    settlement.parked.push_back(
        {.lane = lane, .due = Due::Kept(), .position = position, .rest = {}});
  }
  Settle(settlement);
  EXPECT_THAT(PositionsOf(TakeKept(lane, 0)), ElementsAre(p[0], p[1], p[2], p[3]));
  EXPECT_THAT(PositionsOf(TakeKept(lane, p[1] + 1)), ElementsAre(p[2], p[3]));
  EXPECT_THAT(PositionsOf(TakeKept(lane, p[1], 2)), ElementsAre(p[1], p[2]));
  EXPECT_TRUE(TakeKept(lane, p[1], 2).next.has_value());
  EXPECT_FALSE(TakeKept(lane, p[2]).next.has_value());
}

TEST_P(StoreTest, ABatchIsOneRowWithAllItsEvents) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const std::vector<uint64_t> p = AppendSome(4);
  Settlement settlement;
  for (const uint64_t position : {p[0], p[3], p[1]}) {
    settlement.attempts.push_back(Attempt(lane, position, model::Outcome::kDns));
  }
  settlement.parked = {{.lane = lane,
                        .due = At(5),
                        .position = p[0],
                        .attempts = 1,
                        .group = 3,
                        .rest = {{p[3], 4}, {p[1], 3}}}};
  Settle(settlement);
  Restart();
  EXPECT_EQ(OpenLane("one").parked, 3u);
  const DueDeliveries due = TakeDue(lane, At(9));
  ASSERT_EQ(due.due.size(), 1u);
  EXPECT_EQ(due.due[0].event->position(), p[0]);
  ASSERT_EQ(due.due[0].rest.size(), 2u);
  EXPECT_EQ(due.due[0].rest[0]->position(), p[3]);
  EXPECT_EQ(due.due[0].rest[1]->position(), p[1]);
  EXPECT_EQ(due.due[0].parked.rest, (std::vector<BatchMember>{{p[3], 4}, {p[1], 3}}));
}

TEST_P(StoreTest, WhatIsMadeAgainIsKnownAsSuch) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const std::vector<uint64_t> p = AppendSome(3);
  Settlement settlement;
  settlement.attempts = {Attempt(lane, p[0]), Attempt(lane, p[1], model::Outcome::kDns),
                         Attempt(lane, p[2])};
  using model::Trigger;
  settlement.parked = {{.lane = lane,
                        .due = At(5),
                        .position = p[0],
                        .attempts = 0,
                        .trigger = Trigger::kResend,
                        .earlier = 3},
                       {.lane = lane, .due = At(6), .position = p[1], .attempts = 1},
                       {.lane = lane,
                        .due = At(7),
                        .position = p[2],
                        .attempts = 1,
                        .trigger = Trigger::kReplay,
                        .earlier = kMaxEarlier}};
  Settle(settlement);
  Restart();
  EXPECT_EQ(OpenLane("one").parked, 3u);
  const DueDeliveries due = TakeDue(lane, At(9));
  ASSERT_EQ(due.due.size(), 3u);
  EXPECT_EQ(due.due[0].parked.trigger, Trigger::kResend);
  EXPECT_EQ(due.due[0].parked.attempts, 0u);
  EXPECT_EQ(due.due[0].parked.earlier, 3u);
  EXPECT_EQ(due.due[1].parked.trigger, Trigger::kPublish);
  EXPECT_EQ(due.due[1].parked.attempts, 1u);
  EXPECT_EQ(due.due[1].parked.earlier, 0u);
  EXPECT_EQ(due.due[2].parked.trigger, Trigger::kReplay);
  EXPECT_EQ(due.due[2].parked.attempts, 1u);
  EXPECT_EQ(due.due[2].parked.earlier, kMaxEarlier);
}

TEST_P(StoreTest, AllThatIsParkedIsListedInPages) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const std::vector<uint64_t> p = AppendSome(5);
  Settle(Failed(lane, p[3], At(9)));
  Settle(Failed(lane, p[1], At(5)));
  Settlement settlement;
  settlement.parked = {
      {.lane = lane, .due = Due::Kept(), .position = p[0], .rest = {}},
      {.lane = lane, .due = Due::Held(6), .position = p[2], .group = 6, .rest = {}},
      {.lane = lane, .due = Due::Stuck(), .position = p[4], .group = 5, .rest = {}}};
  Settle(settlement);
  std::vector<uint64_t> listed;
  std::optional<ParkedKey> from = ParkedKey{lane, Due(), 0};
  for (int pages = 0; from && pages < 10; ++pages) {
    const ParkedPage page = ListParked(lane, p[2], *from, 1);
    EXPECT_LE(page.rows.size(), 1u);
    for (const Parked& row : page.rows) listed.push_back(row.position);
    from = page.next;
  }
  EXPECT_FALSE(from.has_value());
  EXPECT_THAT(listed, ElementsAre(p[1], p[2], p[0])) << "no marks, none above, by their keys";
}

TEST_P(StoreTest, ALaneTellsWhatItHasAfterARestart) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const std::vector<uint64_t> p = AppendSome(6);
  const Due sooner = At(20);
  Settle(Failed(lane, p[0], At(30), 7));
  Settle(Failed(lane, p[1], sooner));
  Settlement settlement;
  settlement.parked = {
      {.lane = lane, .due = Due::Held(7), .position = p[2], .group = 7, .rest = {}},
      {.lane = lane, .due = Due::Stuck(), .position = p[3], .group = 9, .rest = {}},
      {.lane = lane, .due = Due::Kept(), .position = p[4], .rest = {}}};
  Settle(settlement);
  Restart();
  const LaneState state = OpenLane("one");
  EXPECT_EQ(state.lane, lane);
  EXPECT_EQ(state.parked, 4u) << "a mark is none";
  EXPECT_EQ(state.kept, 1u);
  EXPECT_EQ(state.next_due, sooner.time());
  ASSERT_EQ(state.groups.size(), 2u);
  EXPECT_EQ(state.groups[0].group, 7u);
  EXPECT_EQ(state.groups[0].timed, 1u);
  EXPECT_EQ(state.groups[0].held, 1u);
  EXPECT_FALSE(state.groups[0].stuck);
  EXPECT_EQ(state.groups[1].group, 9u);
  EXPECT_TRUE(state.groups[1].stuck);
}

TEST_P(StoreTest, ACursorStaysUntilItsLaneCaughtUp) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const std::vector<uint64_t> p = AppendSome(3);
  Settlement behind;
  behind.cursors = {{lane, p[1]}};
  Settle(behind);
  Restart();
  EXPECT_EQ(OpenLane("one").cursor, p[1]);
  Settlement up;
  up.cursors = {{lane, std::nullopt}};
  Settle(up);
  Restart();
  EXPECT_EQ(OpenLane("one").cursor, std::nullopt);
}

TEST_P(StoreTest, HealthStays) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  Settlement settlement;
  const base::WallTime at = At(5).time();
  settlement.healths = {{lane,
                         {.failing_since = At(1).time(),
                          .disabled = DisabledReason::kRetriesEnded,
                          .disabled_at = at}}};
  Settle(settlement);
  Restart();
  EXPECT_EQ(OpenLane("one").health, settlement.healths[0].health);
}

TEST_P(StoreTest, EventsOfOnesOwnAreAppendedWithTheSettlement) {
  Start();
  Follower follower;
  stores().events.AddConsumer(&follower);
  const uint64_t a = AppendOne("a");
  Settlement settlement;
  settlement.watermark = a;
  settlement.events = {model::Event::Create(
      {.id = "own", .type = "destination.disabled", .tenant = "acme", .payload = "{}"})};
  Settle(settlement);
  ASSERT_TRUE(under_test_->Await([&] { return follower.positions().size() == 2; }));
  const uint64_t own = follower.positions()[1];
  EXPECT_GT(own, a);
  Restart();
  const EventBatchPtr batch = Read(own);
  ASSERT_EQ(batch->events.size(), 1u);
  EXPECT_EQ(batch->events.front()->id(), "own");
  EXPECT_EQ(TakeShard(0)->watermark, a) << "it is still to be delivered";
}

TEST_P(StoreTest, TheWatermarkIsTheLowestOfAllShards) {
  Start(2);
  const std::vector<uint64_t> p = AppendSome(4);
  Settlement first;
  first.watermark = p[3];
  Settle(first);
  EXPECT_EQ(stores().shards.shard_stats().watermark, 0u);
  Settlement second;
  second.shard = 1;
  second.watermark = p[1];
  Settle(second);
  EXPECT_EQ(stores().shards.shard_stats().watermark, p[1]);
  Restart(2);
  EXPECT_EQ(TakeShard(0)->watermark, p[1]) << "or higher: it reads again what was settled";
}

TEST_P(StoreTest, AtLeastOneSettlementMayBeOutstanding) {
  EXPECT_GE(stores().shards.max_outstanding(), 1u);
}

}  // namespace
}  // namespace carillon::store
