#include "groups.h"

#include <gtest/gtest.h>

#include "ordering_group.h"

namespace carillon::delivery {
namespace {

class GroupsTest : public testing::Test {
 protected:
  Delivery Fresh(uint64_t position, store::GroupId group) {
    auto event = model::Event::Create({.id = "e", .type = "a", .tenant = "t", .payload = "{}"});
    event->Accept(position, {});
    return {.event = held_.Hold(event), .slot = 1, .group = group};
  }
  Groups::Place Offer(uint64_t position, store::GroupId group) {
    Delivery delivery = Fresh(position, group);
    return groups_.Compose().Offer(delivery);
  }
  DeliveryBatch Sent(uint64_t position, store::GroupId group) {
    return {.first = Fresh(position, group)};
  }
  /// The journal's answer to what the groups ask for: these positions.
  void Answer(store::GroupId group, std::vector<uint64_t> positions) {
    auto ask = groups_.NextAsk();
    ASSERT_TRUE(ask.has_value());
    EXPECT_EQ(ask->group, group);
    Bring(*std::move(ask), positions);
  }
  /// The answer alone.
  void Bring(Groups::Ask ask, const std::vector<uint64_t>& positions) {
    const store::GroupId group = ask.group;
    std::vector<store::DueDelivery> rows;
    for (const uint64_t position : positions) rows.push_back({.parked = {.position = position}});
    groups_.OnRows(std::move(ask), rows,
                   [&](const store::DueDelivery& row) -> std::optional<Delivery> {
                     Delivery delivery = Fresh(row.parked.position, group);
                     delivery.held = true;
                     return delivery;
                   });
  }
  /// Its first was parked and is through; these, of the positions above, have rows.
  void HaveRows(store::GroupId group, const std::vector<uint64_t>& positions) {
    EXPECT_EQ(Offer(1, group), Groups::Place::kTaken);
    groups_.Finish(Sent(1, group), Ending::kParked);
    for (const uint64_t position : positions) {
      EXPECT_EQ(Offer(position, group), Groups::Place::kHeld);
      groups_.OnHeld(group);
    }
    groups_.Restart(Sent(1, group));
    groups_.Finish(Sent(1, group), Ending::kSettled);
  }
  uint64_t PopNext() {
    Groups::Composer composer = groups_.Compose();
    return composer.Peek() == nullptr ? 0 : composer.Pop().event->position();
  }

  HeldEvents held_;
  Groups groups_{{}};
};

// Stored: none of these may ever change. They were computed by another program, from FORMAT.md.
TEST(OrderingGroupTest, AKeyKeepsItsGroupForEver) {
  EXPECT_EQ(kStrictGroup, 1u);
  EXPECT_EQ(GroupOfKey(""), 0u);
  EXPECT_EQ(GroupOfKey("0"), 136281101306895162u);
  EXPECT_EQ(GroupOfKey("a"), 189900332573052517u);
  EXPECT_EQ(GroupOfKey("k0"), 381096947850851787u);
  EXPECT_EQ(GroupOfKey("cinema-7"), 1740557132513878262u);
  EXPECT_EQ(GroupOfKey("\u00e4\u6f22"), 1186304293025130044u);  // bytes above 127
  EXPECT_EQ(GroupOfKey(std::string(200, 'x')), 276235322158453608u);
}

TEST(OrderingGroupTest, NoOtherUseHasTheGroupOfAKey) {
  for (int i = 0; i < 10'000; ++i) {
    const auto group = GroupOfKey("key" + std::to_string(i));
    ASSERT_GT(group, kStrictGroup);
    ASSERT_LE(group, store::kMaxGroup);
  }
}

TEST_F(GroupsTest, OneOfAGroupIsInFlightAndTheNextFollowsIt) {
  EXPECT_EQ(Offer(1, 7), Groups::Place::kTaken);
  EXPECT_EQ(Offer(2, 7), Groups::Place::kWaits);
  EXPECT_EQ(Offer(3, 8), Groups::Place::kTaken);  // another key is not held up
  EXPECT_EQ(PopNext(), 0u);
  EXPECT_EQ(groups_.LowestUnsettled(), 2u);
  EXPECT_TRUE(groups_.Finish(Sent(1, 7), Ending::kSettled).empty());
  EXPECT_EQ(PopNext(), 2u);
  EXPECT_EQ(groups_.LowestUnsettled(), Tracker::kNone);
  EXPECT_EQ(Offer(4, 7), Groups::Place::kWaits);
}

TEST_F(GroupsTest, BehindAParkedOneWhatWaitsAndWhatComesIsHeldAndComesBackInOrder) {
  EXPECT_EQ(Offer(1, 7), Groups::Place::kTaken);
  EXPECT_EQ(Offer(2, 7), Groups::Place::kWaits);
  const std::vector<Delivery> held = groups_.Finish(Sent(1, 7), Ending::kParked);
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0].event->position(), 2u);
  EXPECT_EQ(Offer(3, 7), Groups::Place::kHeld);
  groups_.OnHeld(7);
  groups_.OnHeld(7);
  EXPECT_FALSE(groups_.NextAsk().has_value());  // the first is not through yet
  groups_.Restart(Sent(1, 7));
  EXPECT_TRUE(groups_.Finish(Sent(1, 7), Ending::kSettled).empty());
  Answer(7, {2, 3});
  EXPECT_EQ(Offer(4, 7), Groups::Place::kWaits);
  EXPECT_EQ(PopNext(), 2u);
  EXPECT_EQ(PopNext(), 0u);
  groups_.Finish(Sent(2, 7), Ending::kSettled);
  EXPECT_EQ(PopNext(), 3u);
  groups_.Finish(Sent(3, 7), Ending::kSettled);
  EXPECT_EQ(PopNext(), 4u);
}

TEST_F(GroupsTest, ARowWhoseRemovalIsUnderWayIsNotTakenAgain) {
  EXPECT_EQ(Offer(1, 7), Groups::Place::kTaken);
  groups_.Finish(Sent(1, 7), Ending::kParked);
  EXPECT_EQ(Offer(2, 7), Groups::Place::kHeld);
  EXPECT_EQ(Offer(3, 7), Groups::Place::kHeld);
  groups_.OnHeld(7);
  groups_.Restart(Sent(1, 7));
  groups_.Finish(Sent(1, 7), Ending::kSettled);
  Answer(7, {2});
  EXPECT_EQ(PopNext(), 2u);
  groups_.Finish(Sent(2, 7), Ending::kSettled);  // its removal is not durable
  groups_.OnHeld(7);
  Answer(7, {2, 3});
  EXPECT_EQ(PopNext(), 3u);
}

TEST_F(GroupsTest, ADeadOneHoldsItsGroupUntilItsMarkIsPassed) {
  EXPECT_EQ(Offer(1, 7), Groups::Place::kTaken);
  groups_.Finish(Sent(1, 7), Ending::kStuck);
  EXPECT_EQ(Offer(2, 7), Groups::Place::kHeld);
  groups_.OnHeld(7);
  EXPECT_FALSE(groups_.NextAsk().has_value());
  groups_.WantMarks();
  ASSERT_TRUE(groups_.MayAskForMarks());
  StuckMarks::Asking asking = groups_.BeginAskingForMarks();
  const std::vector<Groups::Mark> twice{{7, 1}, {7, 1}};
  EXPECT_EQ(groups_.OnMarks(std::move(asking), twice), std::vector<uint64_t>{1});
  EXPECT_FALSE(groups_.MayAskForMarks());
  Answer(7, {2});
  EXPECT_EQ(PopNext(), 2u);
}

TEST_F(GroupsTest, MarksAreAskedForAgainWhenOneCameWhileAnAnswerWasAwaited) {
  EXPECT_EQ(Offer(1, 7), Groups::Place::kTaken);
  groups_.Finish(Sent(1, 7), Ending::kStuck);
  groups_.WantMarks();
  StuckMarks::Asking asking = groups_.BeginAskingForMarks();
  EXPECT_FALSE(groups_.MayAskForMarks());
  groups_.WantMarks();  // its mark became durable
  EXPECT_FALSE(groups_.MayAskForMarks());
  groups_.OnMarks(std::move(asking), {});
  ASSERT_TRUE(groups_.MayAskForMarks());
  asking = groups_.BeginAskingForMarks();
  groups_.OnMarks(std::move(asking), {});
  EXPECT_FALSE(groups_.MayAskForMarks());
}

TEST_F(GroupsTest, MarksAreAskedForOnlyWhileAGroupIsStuck) {
  groups_.WantMarks();
  EXPECT_FALSE(groups_.MayAskForMarks());
  EXPECT_EQ(Offer(1, 7), Groups::Place::kTaken);
  groups_.Finish(Sent(1, 7), Ending::kStuck);
  groups_.WantMarks();
  StuckMarks::Asking asking = groups_.BeginAskingForMarks();
  EXPECT_EQ(groups_.OnMarks(std::move(asking), std::vector<Groups::Mark>{{7, 1}}),
            std::vector<uint64_t>{1});
  groups_.OnMarkRemoved(1);
  groups_.WantMarks();
  EXPECT_FALSE(groups_.MayAskForMarks());
}

TEST(StuckMarksTest, AnAnswerOfBeforeARemovalDoesNotRemoveItAgain) {
  StuckMarks marks;
  marks.Want(true);
  StuckMarks::Asking asking = marks.BeginAsking();
  EXPECT_TRUE(marks.Remove(1));
  EXPECT_FALSE(marks.EndAsking(std::move(asking)));
  marks.Want(true);
  asking = marks.BeginAsking();
  marks.OnRemoved(1);  // the answer under way was read before
  EXPECT_FALSE(marks.Remove(1));
  EXPECT_TRUE(marks.Remove(2));
  EXPECT_TRUE(marks.EndAsking(std::move(asking)));  // there may be more than it held
  EXPECT_TRUE(marks.Remove(1));                     // another one of the same place
  EXPECT_FALSE(marks.Remove(2));
  marks.OnRemoved(2);
  EXPECT_TRUE(marks.Remove(2));
}

TEST_F(GroupsTest, ABatchTakesSeveralOfAGroupAndBlocksThemTogether) {
  Groups::Composer composer = groups_.Compose();
  Delivery first = Fresh(1, 7);
  Delivery second = Fresh(2, 7);
  Delivery other = Fresh(3, 8);
  EXPECT_EQ(composer.Offer(first), Groups::Place::kTaken);
  EXPECT_EQ(composer.Offer(second), Groups::Place::kTaken);
  EXPECT_EQ(composer.Offer(other), Groups::Place::kTaken);
  DeliveryBatch batch{.first = std::move(first)};
  batch.rest.push_back(std::move(second));
  batch.rest.push_back(std::move(other));
  groups_.Finish(batch, Ending::kParked);
  EXPECT_EQ(Offer(4, 7), Groups::Place::kHeld);
  EXPECT_EQ(Offer(5, 8), Groups::Place::kHeld);
  EXPECT_EQ(Offer(6, 9), Groups::Place::kTaken);
}

TEST_F(GroupsTest, NoRowPassesOneOfABatchThatWasTakenApart) {
  Groups::Composer composer = groups_.Compose();
  Delivery first = Fresh(1, 7);
  Delivery second = Fresh(2, 7);
  EXPECT_EQ(composer.Offer(first), Groups::Place::kTaken);
  EXPECT_EQ(composer.Offer(second), Groups::Place::kTaken);
  DeliveryBatch batch{.first = std::move(first)};
  batch.rest.push_back(std::move(second));
  groups_.Finish(batch, Ending::kParked);
  EXPECT_EQ(Offer(3, 7), Groups::Place::kHeld);
  groups_.OnHeld(7);
  groups_.HoldAgain(7, 2);
  groups_.Restart(Sent(1, 7));
  groups_.Finish(Sent(1, 7), Ending::kSettled);
  EXPECT_FALSE(groups_.NextAsk().has_value()) << "an answer may hold position 3 alone";
  groups_.OnHeld(7);
  Answer(7, {2, 3});
  EXPECT_EQ(PopNext(), 2u);
  groups_.Finish(Sent(2, 7), Ending::kSettled);
  EXPECT_EQ(PopNext(), 3u);
}

TEST_F(GroupsTest, WhatIsHeldAgainComesAgainThoughItWasTakenBefore) {
  HaveRows(7, {2, 3});
  Answer(7, {2, 3});
  DeliveryBatch batch;
  {
    Groups::Composer composer = groups_.Compose();
    ASSERT_NE(composer.Peek(), nullptr);
    batch.first = composer.Pop();
    ASSERT_NE(composer.Peek(), nullptr);
    batch.rest.push_back(composer.Pop());
  }
  groups_.Finish(batch, Ending::kParked);
  groups_.HoldAgain(7, 3);
  for (int row = 0; row < 2; ++row) groups_.OnRemoved(7);
  groups_.OnHeld(7);
  groups_.Restart(Sent(2, 7));
  groups_.Finish(Sent(2, 7), Ending::kSettled);
  Answer(7, {3});
  EXPECT_EQ(PopNext(), 3u);
}

TEST_F(GroupsTest, WhatWaitedWhenItsGroupGotStuckComesBeforeWhatWasHeldThen) {
  EXPECT_EQ(Offer(1, 7), Groups::Place::kTaken);
  EXPECT_EQ(Offer(2, 7), Groups::Place::kWaits);
  EXPECT_TRUE(groups_.Stick(7));
  EXPECT_EQ(Offer(3, 7), Groups::Place::kHeld);
  groups_.OnHeld(7);
  EXPECT_TRUE(groups_.Finish(Sent(1, 7), Ending::kSettled).empty());
  ASSERT_EQ(groups_.HoldAll().size(), 1u);
  EXPECT_FALSE(groups_.TakeToEvict(7, 3)) << "that of 2 comes before it";
  const Groups::Mark mark{.group = 7, .position = 0};
  groups_.OnMarks(groups_.BeginAskingForMarks(), {&mark, 1});
  EXPECT_FALSE(groups_.NextAsk().has_value()) << "the row of 3 alone would come";
  groups_.OnHeld(7);
  Answer(7, {2, 3});
  EXPECT_EQ(PopNext(), 2u);
  EXPECT_EQ(PopNext(), 0u);
}

TEST_F(GroupsTest, WhatWaitedWhenItsGroupGotStuckComesBackAlsoWhereWhatWasHeldThenIsEvicted) {
  EXPECT_EQ(Offer(1, 7), Groups::Place::kTaken);
  EXPECT_EQ(Offer(2, 7), Groups::Place::kWaits);
  EXPECT_TRUE(groups_.Stick(7));
  EXPECT_EQ(Offer(3, 7), Groups::Place::kHeld);
  groups_.OnHeld(7);
  EXPECT_TRUE(groups_.TakeToEvict(7, 3));
  EXPECT_TRUE(groups_.Finish(Sent(1, 7), Ending::kSettled).empty());
  ASSERT_EQ(groups_.HoldAll().size(), 1u);
  const Groups::Mark mark{.group = 7, .position = 0};
  groups_.OnMarks(groups_.BeginAskingForMarks(), {&mark, 1});
  EXPECT_FALSE(groups_.NextAsk().has_value()) << "the row of 3 may still be there";
  groups_.OnRemoved(7);
  groups_.OnHeld(7);
  Answer(7, {2});
  EXPECT_EQ(PopNext(), 2u);
}

TEST_F(GroupsTest, AfterARestartNoRowPassesWhatIsReadAgain) {
  const std::vector<store::GroupState> states{{.group = 7, .held = 1}};
  groups_ = Groups(states);
  EXPECT_TRUE(groups_.recovering());
  EXPECT_FALSE(groups_.NextAsk().has_value());
  EXPECT_EQ(Offer(1, 7), Groups::Place::kHeld);  // it was in flight; the row is of position 2
  groups_.EndRecovery();
  EXPECT_FALSE(groups_.NextAsk().has_value());  // not before position 1 has its row too
  groups_.OnHeld(7);
  Answer(7, {1, 2});
  EXPECT_EQ(PopNext(), 1u);
}

// The answer was read before the removal of 3 was durable.
TEST_F(GroupsTest, OneThatWasTakenOutOfTurnDoesNotComeBack) {
  HaveRows(7, {2, 3, 4});
  EXPECT_TRUE(groups_.TakeOut(7, 3));
  EXPECT_FALSE(groups_.TakeOut(7, 3)) << "once";
  Answer(7, {2, 3, 4});
  EXPECT_EQ(PopNext(), 2u);
  groups_.Finish(Sent(2, 7), Ending::kSettled);
  EXPECT_EQ(PopNext(), 4u);
}

TEST_F(GroupsTest, NothingFreshGoesWhileAnAnswerIsAwaited) {
  HaveRows(7, {2});
  auto ask = groups_.NextAsk();
  ASSERT_TRUE(ask.has_value());
  EXPECT_TRUE(groups_.TakeToEvict(7, 2));
  groups_.OnRemoved(7);
  EXPECT_EQ(Offer(3, 7), Groups::Place::kWaits);
  Bring(*std::move(ask), {2});  // as it was when it was read
  EXPECT_EQ(PopNext(), 3u);
}

TEST_F(GroupsTest, OnlySoManyOfAGroupWaitInMemory) {
  EXPECT_EQ(Offer(1, 7), Groups::Place::kTaken);
  for (uint64_t n = 0; n < Groups::kMaxWaiting; ++n) {
    ASSERT_EQ(Offer(2 + n, 7), Groups::Place::kWaits);
  }
  EXPECT_EQ(Offer(1000, 7), Groups::Place::kHeld);
  EXPECT_EQ(groups_.waiting(), Groups::kMaxWaiting);
}

TEST_F(GroupsTest, AnAnswerIsOutdatedByWhatWasHeldAnewSince) {
  HaveRows(7, {3});
  auto ask = groups_.NextAsk();
  ASSERT_TRUE(ask.has_value());
  groups_.HoldAgain(7, 2);
  Bring(*std::move(ask), {3});
  EXPECT_EQ(PopNext(), 0u) << "2 comes before it";
  groups_.OnHeld(7);
  Answer(7, {2, 3});
  EXPECT_EQ(PopNext(), 2u);
}

TEST_F(GroupsTest, AnAnswerForAGroupThatGotStuckIsForgotten) {
  HaveRows(7, {2});
  auto ask = groups_.NextAsk();
  ASSERT_TRUE(ask.has_value());
  EXPECT_TRUE(groups_.Stick(7));
  Bring(*std::move(ask), {2});
  EXPECT_EQ(groups_.waiting(), 0u) << "it may stay stuck for days";
  const Groups::Mark mark{.group = 7, .position = 0};
  groups_.OnMarks(groups_.BeginAskingForMarks(), {&mark, 1});
  Answer(7, {2});
  EXPECT_EQ(PopNext(), 2u);
}

TEST_F(GroupsTest, MarksAreAskedForAgainWhereOneWasRemovedWhileAnAnswerWasAwaited) {
  for (const store::GroupId group : {7, 8}) {
    EXPECT_EQ(Offer(group, group), Groups::Place::kTaken);
    groups_.Finish(Sent(group, group), Ending::kStuck);
  }
  groups_.WantMarks();
  StuckMarks::Asking asking = groups_.BeginAskingForMarks();
  const Groups::Mark mark{.group = 7, .position = 7};
  EXPECT_EQ(groups_.OnMarks(std::move(asking), {&mark, 1}).size(), 1u);
  groups_.WantMarks();
  asking = groups_.BeginAskingForMarks();
  groups_.OnMarkRemoved(7);
  groups_.OnMarks(std::move(asking), {});
  EXPECT_TRUE(groups_.MayAskForMarks());
  EXPECT_EQ(groups_.marks_under_way(), 0u);
}

TEST_F(GroupsTest, WhatIsHeldToFreeMemoryIsAskedForAgain) {
  EXPECT_EQ(Offer(1, 7), Groups::Place::kTaken);
  EXPECT_EQ(Offer(2, 7), Groups::Place::kWaits);
  EXPECT_EQ(groups_.HoldAll().size(), 1u);
  groups_.OnHeld(7);
  Answer(7, {2});
  EXPECT_EQ(groups_.HoldAll().size(), 1u);  // its row is still there
  groups_.Finish(Sent(1, 7), Ending::kSettled);
  Answer(7, {2});
  EXPECT_EQ(PopNext(), 2u);
}

}  // namespace
}  // namespace carillon::delivery
