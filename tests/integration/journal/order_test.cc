// What is held behind an earlier delivery, and what a start knows of it.

#include <gmock/gmock.h>

#include "parked_support.h"

namespace carillon::journal {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OrderTest : public ParkedTest {
 protected:
  Parked Timed(int64_t s, uint64_t position, GroupId group) const {
    return {lane_, At(s), position, 1, group, {}};
  }
  Parked Held(uint64_t position, GroupId group) const {
    return {lane_, Due::Held(group), position, 0, group, {}};
  }
  Parked Mark(uint64_t position, GroupId group) const {
    return {lane_, Due::Stuck(), position, 0, group, {}};
  }
  void Park(std::vector<Parked> rows) {
    Settlement settlement;
    settlement.parked = std::move(rows);
    Settle(std::move(settlement));
  }
};

TEST_F(OrderTest, WhatIsHeldIsNotDueAndIsTakenByItsGroup) {
  Start(9);
  Park({Timed(1, 1, 7), Held(9, 7), Held(3, 7), Held(5, 7), Held(4, 8), Held(6, kMaxGroup),
        Mark(2, 9)});
  const DueDeliveries due = TakeDue(lane_, base::WallTime::max());
  EXPECT_THAT(PositionsOf(due), ElementsAre(1));
  EXPECT_FALSE(due.next.has_value());
  EXPECT_THAT(PositionsOf(TakeHeld(lane_, 7)), ElementsAre(3, 5, 9));
  EXPECT_FALSE(TakeHeld(lane_, 7).next.has_value());
  EXPECT_FALSE(TakeHeld(lane_, 7, 3).next.has_value());
  const DueDeliveries two = TakeHeld(lane_, 7, 2);
  EXPECT_THAT(PositionsOf(two), ElementsAre(3, 5));
  EXPECT_EQ(two.next, Due::Held(7));
  EXPECT_EQ(two.due[1].event->id(), "e5");
  EXPECT_EQ(two.due[1].parked.due, Due::Held(7));
  EXPECT_EQ(two.due[1].parked.group, 7u);
  EXPECT_THAT(PositionsOf(TakeHeld(lane_, 8)), ElementsAre(4));
  EXPECT_THAT(PositionsOf(TakeHeld(lane_, kMaxGroup)), ElementsAre(6));
  EXPECT_THAT(PositionsOf(TakeHeld(lane_, 0)), ElementsAre(2));
  EXPECT_THAT(PositionsOf(TakeHeld(lane_, 10)), IsEmpty());
  EXPECT_THAT(PositionsOf(TakeHeld(lane_ + 1, 7)), IsEmpty());
}

TEST_F(OrderTest, LargeHeldEventsComeInSeveralAnswers) {
  Open();
  lane_ = OpenLane("one").lane;
  std::vector<Parked> rows;
  for (int i = 0; i < 20; ++i) {
    rows.push_back(Held(AppendOne("e" + std::to_string(i), 1'000'000), 5));
  }
  Park(std::move(rows));
  const DueDeliveries some = TakeHeld(lane_, 5);
  EXPECT_EQ(some.due.size(), 9u);
  EXPECT_EQ(some.next, Due::Held(5));
}

TEST_F(OrderTest, AStartKnowsTheGroupsOfALane) {
  Start(9);
  const LaneId other = OpenLane("two").lane;
  Park({Timed(3, 1, 7), Timed(2, 2, 0), Held(3, 7), Held(4, 7), Held(5, 8), Mark(6, 9),
        Parked{lane_, At(4), 7, 1, 0, {{8, 7}, {9, 7}}}, Parked{other, At(1), 1, 1, 11, {}}});
  Reopen();
  const LaneState state = OpenLane("one");
  EXPECT_EQ(state.parked, 8u);
  EXPECT_EQ(state.next_due, At(2).time());
  ASSERT_EQ(state.groups.size(), 3u);
  const auto expect = [](const GroupState& group, GroupId id, uint64_t timed, uint64_t held,
                         bool stuck) {
    EXPECT_EQ(group.group, id);
    EXPECT_EQ(group.timed, timed) << id;
    EXPECT_EQ(group.held, held) << id;
    EXPECT_EQ(group.stuck, stuck) << id;
  };
  expect(state.groups[0], 7, 2, 2, false);
  expect(state.groups[1], 8, 0, 1, false);
  expect(state.groups[2], 9, 0, 0, true);
  EXPECT_EQ(OpenLane("two").groups.size(), 1u);
}

TEST_F(OrderTest, AStartKnowsWhatIsSettledWithoutAnAttempt) {
  Start(9);
  Settlement settlement;
  settlement.parked = {Held(3, 7), Mark(6, 9)};
  settlement.dead = {{lane_, 5, 0, model::Outcome::kCancelled, At(1).time()}};
  settlement.watermark = 3;
  Settle(std::move(settlement));
  Reopen();
  EXPECT_FALSE(WasSettled(3, lane_)) << "below the watermark nothing is read again";
  EXPECT_FALSE(WasSettled(4, lane_));
  EXPECT_TRUE(WasSettled(5, lane_));
  EXPECT_FALSE(WasSettled(5, lane_ + 1));
  EXPECT_FALSE(WasSettled(6, lane_)) << "a mark settles nothing";
  Settlement more;
  more.parked = {Held(8, 7)};
  more.cursors = {{lane_, 2}};
  more.watermark = 9;
  Settle(std::move(more));
  Reopen();
  EXPECT_TRUE(WasSettled(3, lane_)) << "at or above the cursor it is";
  EXPECT_TRUE(WasSettled(8, lane_));
}

TEST_F(OrderTest, WhatIsOnlyHeldIsNeverDue) {
  Start(2);
  Park({Held(1, 7), Mark(2, 8)});
  const LaneState state = OpenLane("one");
  EXPECT_EQ(state.parked, 1u);
  EXPECT_FALSE(state.next_due.has_value());
}

TEST_F(OrderTest, AHeldRowMovesInOneStep) {
  Start(2);
  Park({Held(1, 7), Held(2, 7)});
  Settlement settlement;
  settlement.unparked = {{lane_, Due::Held(7), 1}};
  settlement.parked = {Timed(1, 1, 7)};
  Settle(settlement);
  Reopen();
  const LaneState state = OpenLane("one");
  ASSERT_EQ(state.groups.size(), 1u);
  EXPECT_EQ(state.groups[0].timed, 1u);
  EXPECT_EQ(state.groups[0].held, 1u);
  EXPECT_THAT(PositionsOf(TakeHeld(lane_, 7)), ElementsAre(2));
}

// Earlier versions compared that number with one of the configuration.
TEST_F(OrderTest, WhatWasDisabledUnderANumberOfTheConfigurationStaysSo) {
  Start(1);
  Settlement settlement;
  settlement.healths = {{lane_, {.disabled = DisabledReason::kGone, .disabled_at = At(5).time()}}};
  Settle(settlement);
  Close();
  Execute("UPDATE lanes SET generation = 7");
  Open();
  EXPECT_EQ(OpenLane("one").health, settlement.healths[0].health);
}

/// Makes the store what version 1 left: the same without what came later.
constexpr const char* kBackToVersion1 =
    "ALTER TABLE parked DROP COLUMN group_id; ALTER TABLE parked DROP COLUMN rest;"
    "ALTER TABLE parked DROP COLUMN bytes;"
    "ALTER TABLE lanes DROP COLUMN failing_since; ALTER TABLE lanes DROP COLUMN disabled;"
    "ALTER TABLE lanes DROP COLUMN disabled_at; ALTER TABLE lanes DROP COLUMN "
    "generation;" CARILLON_BACK_TO_VERSION_5 "PRAGMA user_version = 1";

TEST_F(OrderTest, AStoreOfTheFirstVersionOpensAndGoesOn) {
  Start(4);
  Park({Timed(1, 1, 0), Timed(2, 3, 0)});
  Close();
  Execute(kBackToVersion1);
  EXPECT_EQ(Query("SELECT count(*) FROM parked"), 2);
  Open();
  const LaneState state = OpenLane("one");
  EXPECT_EQ(state.lane, lane_);
  EXPECT_EQ(state.parked, 2u);
  EXPECT_EQ(state.next_due, At(1).time());
  EXPECT_TRUE(state.groups.empty());
  EXPECT_EQ(state.health, Health());
  const DueDeliveries due = TakeDue(lane_, At(9));
  EXPECT_THAT(PositionsOf(due), ElementsAre(1, 3));
  EXPECT_EQ(due.due[1].event->id(), "e3");
  EXPECT_TRUE(due.due[1].parked.rest.empty());

  Settlement settlement;
  settlement.unparked = {{lane_, At(1), 1}};
  settlement.parked = {{lane_, At(5), 2, 1, 7, {{4, 8}}}};
  Settle(settlement);
  Reopen();
  EXPECT_EQ(OpenLane("one").parked, 3u);
  EXPECT_EQ(OpenLane("one").groups.size(), 2u);
  EXPECT_EQ(Query("PRAGMA user_version"), 6);
}

}  // namespace
}  // namespace carillon::journal
