// Which destinations there are, and which is which when a name comes back.

#include "store_test.h"

namespace carillon::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(StoreTest, ALaneKeepsItsNumber) {
  Start();
  const auto lanes = OpenLanes({"one", "two"});
  ASSERT_TRUE(lanes.ok());
  ASSERT_EQ(lanes->size(), 2u);
  EXPECT_NE(lanes->at(0).lane, lanes->at(1).lane);
  EXPECT_EQ(OpenLane("two").lane, lanes->at(1).lane);
  Restart();
  const auto again = OpenLanes({"two", "three", "one"});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->at(0).lane, lanes->at(1).lane);
  EXPECT_EQ(again->at(2).lane, lanes->at(0).lane);
}

TEST_P(StoreTest, ALaneThatIsNewWantsWhatComesFromNowOn) {
  Start();
  const uint64_t a = AppendOne("a");
  const LaneState lane = OpenLane("one");
  const uint64_t b = AppendOne("b");
  EXPECT_GT(lane.since, a);
  EXPECT_LE(lane.since, b);
  EXPECT_EQ(lane.cursor, std::nullopt);
  EXPECT_EQ(lane.parked, 0u);
  Restart();
  EXPECT_EQ(OpenLane("one").since, lane.since);
}

TEST_P(StoreTest, AllLanesAreListed) {
  Start();
  EXPECT_THAT(ListLanes(), IsEmpty());
  const LaneId one = OpenLane("one").lane;
  const LaneId two = OpenLane("two").lane;
  Restart();
  const std::vector<ListedLane> lanes = ListLanes();
  ASSERT_EQ(lanes.size(), 2u);
  EXPECT_EQ(lanes[0].lane, std::min(one, two));
  EXPECT_EQ(Listed(one)->name, (LaneName{"acme", "one"}));
  EXPECT_EQ(Listed(two)->name, (LaneName{"acme", "two"}));
  EXPECT_FALSE(Listed(one)->taken_out);
}

TEST_P(StoreTest, ANameThatWasTakenOutComesBackAsAnother) {
  Start();
  const LaneId before = OpenLane("one").lane;
  const LaneId other = OpenLane("two").lane;
  ASSERT_TRUE(TakeOut("one").ok());
  Restart();
  ASSERT_TRUE(Listed(before).has_value());
  EXPECT_TRUE(Listed(before)->taken_out) << "its process died before it closed it";
  EXPECT_FALSE(Listed(other)->taken_out);
  const LaneId after = OpenLane("one").lane;
  EXPECT_NE(after, before);
  EXPECT_FALSE(Listed(after)->taken_out);
  EXPECT_EQ(OpenLane("one").lane, after);
}

TEST_P(StoreTest, ALaneThatIsClosedIsNotListedAndItsDeliveriesAreDead) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const uint64_t a = AppendOne("a");
  Settle(Failed(lane, a, At(1)));
  ASSERT_TRUE(TakeOut("one").ok());
  CloseLanes({lane}, epochs_[0]);
  ASSERT_TRUE(under_test_->Await([&] { return TakeDue(lane, At(9)).due.empty(); }));
  EXPECT_FALSE(Listed(lane).has_value());
  EXPECT_NE(OpenLane("one").lane, lane);
  const ShardState next = Own(0);
  EXPECT_TRUE(next.settled->Contains(a, lane));
}

TEST_P(StoreTest, OnlyWhatIsNamedIsRetired) {
  Start();
  const LaneId one = OpenLane("one").lane;
  const LaneId two = OpenLane("two").lane;
  const uint64_t a = AppendOne("a");
  Settle(Failed(one, a, At(1)));
  Settle({.watermark = a});
  Restart();  // nobody opens either of them
  const auto left = RetireLanes({one});
  ASSERT_TRUE(left.ok()) << left.status();
  ASSERT_EQ(left->size(), 1u);
  EXPECT_EQ(left->at(0).name, (LaneName{"acme", "one"}));
  EXPECT_EQ(left->at(0).parked, 1u);
  EXPECT_FALSE(left->at(0).taken_out);
  EXPECT_FALSE(Listed(one).has_value());
  EXPECT_TRUE(Listed(two).has_value()) << "what nobody opened is not forgotten for that";
  EXPECT_EQ(OpenLane("two").lane, two);
  EXPECT_NE(OpenLane("one").lane, one);
}

TEST_P(StoreTest, WhatHadNothingLeftIsRetiredInSilence) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const uint64_t a = AppendOne("a");
  Settle({.watermark = a});
  Restart();
  const auto left = RetireLanes({lane});
  ASSERT_TRUE(left.ok());
  EXPECT_THAT(*left, IsEmpty());
  EXPECT_FALSE(Listed(lane).has_value());
}

TEST_P(StoreTest, WhatTakenOutLanesHadLeftIsToldWhenTheyAreRetired) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const uint64_t a = AppendOne("a");
  Settle(Failed(lane, a, At(1)));
  Settle({.watermark = a});
  ASSERT_TRUE(TakeOut("one").ok());
  Restart();
  const auto left = RetireLanes({lane});
  ASSERT_TRUE(left.ok());
  ASSERT_EQ(left->size(), 1u);
  EXPECT_TRUE(left->at(0).taken_out);
  EXPECT_EQ(left->at(0).parked, 1u);
}

TEST_P(StoreTest, ANumberThatIsNoLanesRetiresNone) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  EXPECT_EQ(RetireLanes({lane, lane + 100}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(Listed(lane).has_value());
  EXPECT_EQ(OpenLane("one").lane, lane);
}

}  // namespace
}  // namespace carillon::store
