// What is kept for some destinations keeps no event of others, and has bounds.

#include <gmock/gmock.h>

#include "parked_support.h"

namespace carillon::journal {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class KeptTest : public RetentionTest {
 protected:
  static Parked Kept(LaneId lane, uint64_t position, uint64_t bytes = 1000) {
    return {.lane = lane, .due = Due::Kept(), .position = position, .rest = {}, .bytes = bytes};
  }
  /// What is asked of the lane in the end: its rows up to `up_to` are to go.
  bool IsAsked(LaneId lane, EvictionRequest wanted) {
    return Eventually([&] {
      const Demand demand = journal_->demand();
      if (demand.evict == nullptr) return wanted.up_to == 0;
      const auto mine = demand.evict->find(lane);
      return mine == demand.evict->end() ? wanted.up_to == 0 : mine->second == wanted;
    });
  }
  /// Keeps six deliveries, three for each of two lanes; returns the other one.
  LaneId KeepForTwo() {
    Fill(6);
    const LaneId other = OpenLane("two").lane;
    Settlement settlement;
    settlement.watermark = 6;
    settlement.parked = {Kept(lane_, 1), Kept(other, 2), Kept(lane_, 3),
                         Kept(lane_, 4), Kept(other, 5), Kept(other, 6)};
    Settle(settlement);
    return other;
  }
};

TEST_F(KeptTest, AParkedDeliveryKeepsNoMoreThanItsOwnEvent) {
  Start(100);  // one chunk
  Settlement settlement;
  settlement.watermark = 100;
  settlement.parked = {
      {lane_, At(500'000), 50, 1}, {lane_, Due::Held(7), 80, 0, 7}, Kept(lane_, 81)};
  Settle(settlement);
  ASSERT_EQ(Query("SELECT count(*) FROM journal"), 1);
  const int64_t whole = Query("SELECT length(records) FROM journal");
  clock_.Advance(hours(73));
  const auto thinned = [&](int64_t to) {
    return Eventually([&] { return Query("SELECT max(length(records)) FROM journal") < to; });
  };
  ASSERT_TRUE(thinned(whole / 20));
  EXPECT_EQ(Read(60).at(0)->id(), "e80");
  Reopen();
  EXPECT_THAT(Positions(), ElementsAre(50, 80, 81));
  EXPECT_EQ(TakeDue(lane_, At(500'000)).due.at(0).event->id(), "e50");
  EXPECT_EQ(TakeHeld(lane_, 7).due.at(0).event->id(), "e80");

  // Less of it is needed: it is thinned again, and goes when nothing is.
  Settlement less;
  less.unparked = {{lane_, At(500'000 - 73 * 3600), 50}, {lane_, Due::Held(7), 80}};
  less.watermark = 100;
  Settle(less);
  ASSERT_TRUE(thinned(whole / 70));
  Settlement none;
  none.unparked = {{lane_, Due::Kept(), 81}};
  none.watermark = 100;
  Settle(none);
  ASSERT_TRUE(Left({}));
  ASSERT_TRUE(Eventually([&] { return Query("SELECT event_bytes FROM state") == 0; }));
}

TEST_F(KeptTest, AnEventThatIsGoneIsNotMistakenForAnother) {
  Start(20);
  Settlement settlement;
  settlement.watermark = 20;
  settlement.parked = {{lane_, At(500'000), 5, 1}};
  Settle(settlement);
  clock_.Advance(hours(73));
  ASSERT_TRUE(Eventually([&] { return Query("SELECT length(records) FROM journal") < 200; }));
  Reopen();
  EXPECT_THAT(Positions(), ElementsAre(5));
  Settlement odd;  // as no dispatcher does it
  odd.parked = {{lane_, At(1), 6, 1}};
  odd.watermark = 20;
  Settle(odd);
  EXPECT_EQ(TakeDue(lane_, At(1)).due.at(0).event, nullptr);
}

TEST_F(KeptTest, AsksLanesBehindToMoveOnWhenEventsAreToLeave) {
  Fill(6);
  Settlement settlement;
  settlement.watermark = 5;
  settlement.cursors = {{lane_, 2}};
  Settle(settlement);
  EXPECT_EQ(journal_->demand().leave_to, 0u);
  clock_.Advance(hours(73));
  ASSERT_TRUE(Eventually([&] { return journal_->demand().leave_to == 5; }));
  ASSERT_TRUE(Left({2, 3, 4, 5, 6}));
  // By the first look at the clock after it was moved: one look may have been under way.
  EXPECT_TRUE(
      Eventually([&] { return journal_->demand().keep_since >= clock_.Wall() - hours(73); }));

  // It keeps one and lets go of the others.
  settlement.cursors = {{lane_, 6}};
  settlement.parked = {Kept(lane_, 4)};
  Settle(settlement);
  ASSERT_TRUE(Left({4, 6}));
  ASSERT_TRUE(Eventually([&] { return journal_->demand().leave_to == 0; }));
  Reopen();
  const LaneState state = OpenLane("one");
  EXPECT_EQ(state.kept, 1u);
  EXPECT_EQ(state.parked, 1u);
  EXPECT_FALSE(state.next_due.has_value());
  EXPECT_THAT(state.groups, IsEmpty());
  EXPECT_EQ(TakeKept(lane_, 0).due.at(0).event->id(), "e4");
}

TEST_F(KeptTest, TakesKeptRowsFromAPositionOn) {
  Start(9);
  Settlement settlement;
  for (uint64_t position = 1; position <= 9; position += 2) {
    settlement.parked.push_back(Kept(lane_, position));
  }
  settlement.parked.push_back(Kept(lane_ + 1, 4));
  Settle(settlement);
  EXPECT_THAT(PositionsOf(TakeKept(lane_, 0)), ElementsAre(1, 3, 5, 7, 9));
  const DueDeliveries two = TakeKept(lane_, 4, 2);
  EXPECT_THAT(PositionsOf(two), ElementsAre(5, 7));
  EXPECT_TRUE(two.next.has_value());
  EXPECT_FALSE(TakeKept(lane_, 4).next.has_value());
}

TEST_F(KeptTest, ListsParkedRowsPageByPage) {
  Start(9);
  Settlement settlement;
  settlement.parked = {{lane_, At(9), 1, 1},           {lane_, At(5), 2, 1},
                       {lane_, At(1), 8, 1},           {lane_, Due::Held(4), 3, 0, 4},
                       {lane_, Due::Stuck(), 4, 0, 4}, Kept(lane_, 5),
                       {lane_ + 1, At(1), 1, 1}};
  Settle(settlement);
  const ParkedKey start{lane_, Due(), 0};
  const ParkedPage first = ListParked(lane_, 5, start, 2);
  ASSERT_EQ(first.rows.size(), 2u);
  EXPECT_EQ(first.rows[0].position, 2u);
  EXPECT_EQ(first.rows[1].position, 1u);
  ASSERT_TRUE(first.next.has_value());
  const ParkedPage rest = ListParked(lane_, 5, *first.next, 100);
  ASSERT_EQ(rest.rows.size(), 2u);
  EXPECT_EQ(rest.rows[0].position, 3u);
  EXPECT_EQ(rest.rows[1].position, 5u);
  EXPECT_EQ(rest.rows[1].bytes, 1000u);
  EXPECT_FALSE(rest.next.has_value());
}

TEST_F(KeptTest, ADestinationOverItsBoundGivesUpItsOldest) {
  options_.kept_events = 3;
  options_.kept_bytes = 5000;
  Fill(8);
  const LaneId other = OpenLane("two").lane;
  Settlement settlement;
  settlement.watermark = 8;
  // The oldest by acceptance, however late it is due.
  settlement.parked = {{lane_, At(90'000), 1, 1},
                       {lane_, At(2), 3, 1},
                       Kept(lane_, 5),
                       Kept(lane_, 7),
                       Kept(other, 1),
                       Kept(other, 2),
                       Kept(other, 3)};
  for (Parked& row : settlement.parked) row.bytes = 1000;
  Settle(settlement);
  ASSERT_TRUE(IsAsked(lane_, {1, 0}));
  EXPECT_TRUE(IsAsked(other, {}));
  Settlement heavy;
  heavy.unparked = {{lane_, At(90'000), 1}};
  heavy.parked = {Kept(lane_, 7, 4'500)};  // 4500 and 1000 more are too many bytes
  heavy.watermark = 8;
  Settle(heavy);
  ASSERT_TRUE(IsAsked(lane_, {5, 0}));
  EXPECT_TRUE(IsAsked(other, {}));
}

TEST_F(KeptTest, ABatchCountsForAllOfItsDeliveries) {
  options_.kept_events = 3;
  Fill(6);
  Settlement settlement;
  settlement.watermark = 6;
  settlement.parked = {Kept(lane_, 1), {lane_, At(9), 4, 1}};
  settlement.parked[1].rest = {{5, 0}, {6, 0}};
  Settle(settlement);
  EXPECT_TRUE(IsAsked(lane_, {1, 0}));
}

TEST_F(KeptTest, WhatIsTooOldIsGivenUpAndNamedSo) {
  options_.kept_age = hours(10);
  Fill(2);
  clock_.Advance(hours(11));
  for (int i = 3; i <= 4; ++i) AppendOne("e" + std::to_string(i), 1000);
  Settlement settlement;
  settlement.watermark = 4;
  settlement.parked = {Kept(lane_, 1), {lane_, At(9), 2, 1}, Kept(lane_, 3), Kept(lane_, 4)};
  Settle(settlement);
  ASSERT_TRUE(IsAsked(lane_, {2, 2}));
  Settlement gone;
  gone.unparked = {{lane_, Due::Kept(), 1}, {lane_, At(9), 2}};
  gone.watermark = 4;
  Settle(gone);
  ASSERT_TRUE(IsAsked(lane_, {}));
}

TEST_F(KeptTest, OverTheBoundOfAllTheOldestOfAllGiveWay) {
  options_.kept_total_bytes = 3500;
  const LaneId other = KeepForTwo();
  ASSERT_TRUE(IsAsked(lane_, {3, 0}));
  EXPECT_TRUE(IsAsked(other, {3, 0}));
}

TEST_F(KeptTest, OverTheNumberOfAllTheOldestOfAllGiveWay) {
  options_.kept_total_events = 4;
  const LaneId other = KeepForTwo();
  ASSERT_TRUE(IsAsked(lane_, {2, 0}));
  EXPECT_TRUE(IsAsked(other, {2, 0}));
}

TEST_F(KeptTest, WhoHasNothingThatOldIsNotAsked) {
  options_.kept_total_events = 5;
  const LaneId other = KeepForTwo();
  ASSERT_TRUE(IsAsked(lane_, {1, 0}));
  EXPECT_TRUE(IsAsked(other, {}));
}

TEST_F(KeptTest, OverTheBoundOfATenantTheOldestOfItsLargestGiveWay) {
  const auto bounds = std::make_shared<TenantBounds>();
  options_.tenant_bounds = bounds;
  Fill(8);
  const LaneId small = OpenLane("small").lane;
  const LaneId large = OpenLane("large").lane;
  const LaneId others = OpenLanes({{"bell", "one"}})->at(0).lane;
  Settlement settlement;
  settlement.watermark = 8;
  settlement.parked = {Kept(small, 1), Kept(small, 2, 500)};
  for (uint64_t position = 2; position <= 8; ++position) {
    settlement.parked.push_back(Kept(lane_, position));
    settlement.parked.push_back(Kept(large, position, 2000));
    settlement.parked.push_back(Kept(others, position, 9000));
  }
  Settle(settlement);
  ASSERT_TRUE(Eventually([&] { return journal_->shard_stats().kept_deliveries == 23; }));
  EXPECT_TRUE(IsAsked(large, {})) << "nothing is bounded yet";
  // 1500 of small, and 4250 of each other: four and two events.
  bounds->SetDefault(10'000);
  bounds->Set("bell", 1'000'000);
  ASSERT_TRUE(IsAsked(large, {6, 0, 0}));
  EXPECT_TRUE(IsAsked(lane_, {4, 0, 0}));
  EXPECT_TRUE(IsAsked(small, {}));
  EXPECT_TRUE(IsAsked(others, {})) << "it has a bound of its own";
  bounds->Set("bell", 20'000);
  ASSERT_TRUE(IsAsked(others, {6, 0, 0}));
  // When that has gone, no more is asked for.
  Settlement gone;
  gone.watermark = 8;
  for (uint64_t position = 2; position <= 6; ++position) {
    if (position <= 4) gone.unparked.push_back({lane_, Due::Kept(), position});
    gone.unparked.push_back({large, Due::Kept(), position});
    gone.unparked.push_back({others, Due::Kept(), position});
  }
  Settle(gone);
  EXPECT_TRUE(IsAsked(large, {}));
  EXPECT_TRUE(IsAsked(lane_, {}));
  EXPECT_TRUE(IsAsked(others, {}));
}

TEST_F(KeptTest, WhatGoesForItsTenantAloneIsNamedSo) {
  const auto bounds = std::make_shared<TenantBounds>();
  bounds->SetDefault(3'000);
  options_.tenant_bounds = bounds;
  options_.kept_events = 5;
  options_.kept_age = hours(10);
  Fill(2);
  clock_.Advance(hours(11));
  for (int i = 3; i <= 9; ++i) AppendOne("e" + std::to_string(i), 1000);
  Settlement settlement;
  settlement.watermark = 9;
  for (uint64_t position = 1; position <= 9; ++position) {
    settlement.parked.push_back(Kept(lane_, position));
  }
  Settle(settlement);
  // Two are too old, two more are too many for it, and another two are for the tenant.
  EXPECT_TRUE(IsAsked(lane_, {6, 2, 4}));
}

TEST_F(KeptTest, TellsForWhomMostIsKept) {
  options_.min_free_bytes = 0;
  Fill(4);
  const LaneId other = OpenLane("two").lane;
  Settlement settlement;
  settlement.watermark = 4;
  settlement.parked = {Kept(lane_, 2, 10), Kept(other, 3, 70), Kept(other, 4, 7)};
  Settle(settlement);
  ASSERT_TRUE(Eventually([&] { return journal_->shard_stats().kept_deliveries == 3; }));
  const store::ShardStore::ShardStats stats = journal_->shard_stats();
  EXPECT_EQ(stats.kept_bytes, 87u);
  ASSERT_EQ(stats.holders.size(), 2u);
  EXPECT_EQ(stats.holders[0].name, "two");
  EXPECT_EQ(stats.holders[0].deliveries, 2u);
  EXPECT_EQ(stats.holders[0].bytes, 77u);
  EXPECT_EQ(stats.holders[0].since, clock_.Wall());
  // What lies behind a cursor counts, too.
  settlement = {};
  settlement.watermark = 4;
  settlement.cursors = {{lane_, 2}};
  Settle(settlement);
  ASSERT_TRUE(Eventually([&] { return journal_->shard_stats().holders.front().name == "one"; }));
}

TEST_F(KeptTest, WithoutSpaceTheOldestGiveWayAndTheRefusalNamesTheHolder) {
  // As if the disk were nearly full: there is something free, but less than wanted.
  options_.min_free_bytes = UINT64_MAX / 2;
  Open();
  lane_ = OpenLane("one").lane;
  ASSERT_TRUE(Eventually([&] { return !journal_->log_stats().accepting; }));
  Close();
  options_.min_free_bytes = 0;
  Open();
  for (int i = 1; i <= 3; ++i) AppendOne("e" + std::to_string(i), 1000);
  Settlement settlement;
  settlement.watermark = 3;
  // As if they were much: two thirds of what is free can stay no longer, one can.
  const uint64_t free = std::filesystem::space(options_.data_dir).available;
  options_.kept_bytes = options_.kept_total_bytes = free * 10;
  settlement.parked = {Kept(lane_, 1, free / 3), Kept(lane_, 2, free / 3),
                       Kept(lane_, 3, free / 3)};
  Settle(settlement);
  Close();
  // A little more than there is: not so much that freeing something inside could not help.
  options_.min_free_bytes = free + (free / 2);
  Open();
  ASSERT_TRUE(Eventually([&] {
    const absl::Status refused = Append({"more"}).status();
    return absl::IsResourceExhausted(refused) &&
           std::string(refused.message()).find("most is kept for destination acme/one") !=
               std::string::npos;
  }));
  ASSERT_TRUE(IsAsked(lane_, {2, 0}));
}

TEST_F(KeptTest, SettledEventsLeaveEarlyWhenSpaceIsShort) {
  options_.min_free_bytes = 0;
  Fill(5);
  SettleUpTo(4);
  Close();
  const uint64_t free = std::filesystem::space(options_.data_dir).available;
  options_.min_free_bytes = free + (free / 2);
  Open();
  ASSERT_TRUE(Left({5}));
}

TEST_F(KeptTest, DeadRowsAreBounded) {
  options_.retention_bytes = 400'000;  // for 1,000
  Start(3);
  Settlement settlement;
  settlement.watermark = 3;
  for (uint64_t i = 0; i < 5000; ++i) {
    settlement.dead.push_back(
        {static_cast<LaneId>(100 + i), 2, 1, {}, At(static_cast<int64_t>(i)).time()});
  }
  settlement.dead.push_back(
      {lane_, 4, 1, {}, At(0).time()});  // above the watermark: a start needs it
  Settle(settlement);
  ASSERT_TRUE(Eventually([&] { return journal_->shard_stats().dead == 1000; }));
  EXPECT_EQ(Query("SELECT count(*) FROM dead"), 1000);
  EXPECT_EQ(Query("SELECT count(*) FROM dead WHERE position = 4"), 1);
  EXPECT_EQ(Query("SELECT min(lane) FROM dead WHERE position = 2"), 4101);
}

// A lane that is behind reads from its cursor on after a start, and sends what is not settled.
TEST_F(KeptTest, DeadRowsThatAStartNeedsStayHoweverOldTheyAre) {
  Fill(4);
  Settlement settlement;
  settlement.watermark = 4;
  settlement.cursors = {{lane_, 2}};
  settlement.dead = {{lane_, 1, 1, {}, At(0).time()}, {lane_, 3, 1, {}, At(0).time()}};
  Settle(settlement);
  clock_.Advance(hours(73));
  ASSERT_TRUE(Eventually([&] { return journal_->shard_stats().dead < 2; }));
  Reopen();
  EXPECT_TRUE(WasSettled(3, lane_));
  EXPECT_FALSE(WasSettled(2, lane_));

  // It has caught up: nothing is read again.
  settlement.cursors = {{lane_, std::nullopt}};
  settlement.dead.clear();
  Settle(settlement);
  ASSERT_TRUE(Eventually([&] { return journal_->shard_stats().dead == 0; }));
}

}  // namespace
}  // namespace carillon::journal
