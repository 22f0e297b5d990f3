// What a lane keeps while events leave the journal, what it gives up, and what dies with it.

#include "dispatcher_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class KeepingTest : public DispatcherTest {
 protected:
  /// `a` is switched off, `b` is well; both want `count` events, of which three may stay.
  void Begin(int count) {
    a_.enabled = false;
    journal_->window = 3;
    ASSERT_TRUE(SetTable(Table()).ok());
    for (int i = 1; i <= count; ++i) Publish("e" + std::to_string(i));
    RunFor(seconds(30));
  }
  void Enable() {
    a_.enabled = true;
    ASSERT_TRUE(SetTable(Table()).ok());
    RunFor(seconds(30));
  }
  std::vector<model::Destination> Table() const {
    std::vector<model::Destination> table = {a_, Named("b")};
    if (!tell_.empty()) table.push_back(Named(tell_));
    return table;
  }
  size_t Kept() const {
    return static_cast<size_t>(std::ranges::count_if(store_.parked, [](const auto& row) {
      return std::get<1>(row.first) == store::Due::Kept();
    }));
  }
  Lane& LaneOf(const std::string& name) {
    Lane* found = nullptr;
    static_cast<DispatcherImpl&>(*dispatcher_).ForEachLane([&](Lane& lane) {
      if (lane.destination().name == name) found = &lane;
    });
    return *found;
  }
  uint64_t GivenUp(metrics::GivenUp reason) const {
    return metrics_.given_up[static_cast<size_t>(reason)];
  }

  model::Destination a_ = Named("a");
};

TEST_F(KeepingTest, TheCursorYieldsAndNothingIsLost) {
  Begin(10);
  EXPECT_EQ(store_.gone_to, 7u);
  EXPECT_EQ(Kept(), 7u);
  EXPECT_EQ(store_.lanes.at(1).cursor, 8u);
  Enable();
  for (uint64_t position = 1; position <= 10; ++position) {
    EXPECT_TRUE(store_.delivered.contains({1, position})) << position;
  }
  EXPECT_TRUE(store_.parked.empty());
  EXPECT_FALSE(store_.lanes.at(1).cursor.has_value());
}

TEST_F(KeepingTest, NothingIsWrittenWhileNobodyWantsTheEventsToLeave) {
  Begin(3);
  EXPECT_EQ(Kept(), 0u);
  EXPECT_EQ(store_.lanes.at(1).cursor, 1u);
}

TEST_F(KeepingTest, ARestartKnowsWhatIsKept) {
  Begin(10);
  dispatcher_.reset();
  executor_.Clear();
  Create();
  ASSERT_TRUE(SetTable(Table()).ok());
  RunFor(seconds(5));
  Enable();
  for (uint64_t position = 1; position <= 10; ++position) {
    EXPECT_TRUE(store_.delivered.contains({1, position})) << position;
  }
  EXPECT_TRUE(store_.dead.empty());
}

TEST_F(KeepingTest, OverItsBoundTheOldestDieCountedAndTold) {
  tell_ = "told";
  store_.kept_events = 4;
  Observer::KeptTooMuch told;
  observer_.on_kept_too_much = [&](const std::string& name, const Observer::KeptTooMuch& kept) {
    EXPECT_EQ(name, "a");
    told.deliveries += kept.deliveries;
    told.last_position = std::max(told.last_position, kept.last_position);
  };
  Begin(10);
  EXPECT_LE(Kept(), 4u);
  EXPECT_GE(store_.dead.size(), 3u);
  EXPECT_TRUE(store_.dead.contains({1, 1}));
  EXPECT_FALSE(store_.dead.contains({1, 10}));
  EXPECT_EQ(told.deliveries, store_.dead.size());
  EXPECT_EQ(GivenUp(metrics::GivenUp::kTooMuch), store_.dead.size());
  EXPECT_EQ(GivenUp(metrics::GivenUp::kTooOld), 0u);
  EXPECT_EQ(metrics_.lanes["t/a"]->dead, store_.dead.size());
  EXPECT_TRUE(std::ranges::any_of(store_.events, [](const model::EventPtr& event) {
    return event->type() == model::kDeliveryDead;
  }));
  const size_t dead = store_.dead.size();
  Enable();
  EXPECT_EQ(store_.dead.size(), dead);
  for (uint64_t position = 1; position <= 10; ++position) {
    EXPECT_NE(store_.delivered.contains({1, position}), store_.dead.contains({1, position}))
        << position;
  }
}

TEST_F(KeepingTest, WhatGoesForItsTenantIsCountedAndToldAsSuch) {
  store_.kept_of_tenant = 6;
  uint64_t told = 0;
  observer_.on_kept_too_much = [&](const std::string& name, const Observer::KeptTooMuch& kept) {
    EXPECT_EQ(name, "a");
    EXPECT_EQ(kept.of_tenant, kept.deliveries);
    told += kept.of_tenant;
  };
  Begin(10);
  EXPECT_LE(Kept(), 6u);
  EXPECT_GE(store_.dead.size(), 1u);
  EXPECT_EQ(GivenUp(metrics::GivenUp::kTenantTooMuch), store_.dead.size());
  EXPECT_EQ(GivenUp(metrics::GivenUp::kTooMuch), 0u);
  EXPECT_EQ(told, store_.dead.size());
  // The lower of both is the destination's own: what is above goes for the tenant.
  store_.kept_events = 4;
  store_.kept_of_tenant = 2;
  const size_t before = store_.dead.size();
  observer_.on_kept_too_much = {};
  RunFor(seconds(30));
  EXPECT_LE(Kept(), 2u);
  EXPECT_EQ(GivenUp(metrics::GivenUp::kTooMuch) + GivenUp(metrics::GivenUp::kTenantTooMuch),
            store_.dead.size());
  EXPECT_GE(GivenUp(metrics::GivenUp::kTenantTooMuch), before + 2);
  EXPECT_GE(GivenUp(metrics::GivenUp::kTooMuch), 1u);
}

// Rows are read again, because those before them went back, while the removal is under way.
TEST_F(KeepingTest, WhatWasGivenUpIsNotSentWhileItsRowIsStillThere) {
  options_.max_lane_bytes = 1'500;
  Create();
  Begin(10);
  ASSERT_EQ(Kept(), 7u);
  throttled_ = "a";
  end_ = {.status = 410, .after = seconds(60)};
  a_.enabled = true;
  a_.concurrency = 1;
  ASSERT_TRUE(SetTable(Table()).ok());
  RunFor(seconds(10));  // some are in memory, one is under way
  journal_->write_delay = hours(10);
  store_.kept_events = 1;
  RunFor(seconds(100));
  EXPECT_EQ(observer_.Count("disabled a gone"), 1u) << "what was in memory went back";
  const size_t evicted = observer_.evicted.size();
  EXPECT_GE(evicted, 2u);
  EXPECT_EQ(Kept(), 7u) << "no row is removed yet";
  end_ = {};
  // It is not durable before the delay is over.
  dispatcher_->Command({.tenant = "t", .name = "a", .command = LaneCommand::kEnable},
                       [](const absl::Status& status) { EXPECT_TRUE(status.ok()) << status; });
  RunFor(seconds(100));
  journal_->write_delay = std::chrono::milliseconds(2);
  RunFor(hours(1'000));
  EXPECT_EQ(store_.dead.size(), evicted);
  EXPECT_EQ(Kept(), 0u);
  for (uint64_t position = 1; position <= 10; ++position) {
    EXPECT_NE(store_.delivered.contains({1, position}), store_.dead.contains({1, position}))
        << position;
  }
}

TEST_F(KeepingTest, WhatIsGivenUpIsToldTogetherAndNotTooOften) {
  std::vector<Observer::KeptTooMuch> told;
  observer_.on_kept_too_much = [&](const std::string&, const Observer::KeptTooMuch& kept) {
    told.push_back(kept);
  };
  a_.retry.delays = {hours(24)};
  a_.retry.jitter = 0.5;  // they are due in another order
  a_.breaker.reset();
  throttled_ = "a";
  end_.status = 500;
  ASSERT_TRUE(SetTable(Table()).ok());
  for (int i = 1; i <= 12; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(30));
  EXPECT_EQ(store_.parked.size(), 12u);
  store_.kept_events = 2;
  RunFor(seconds(1));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].deliveries, 10u);
  EXPECT_EQ(told[0].first_position, 1u);
  EXPECT_EQ(told[0].last_position, 10u);
  EXPECT_EQ(told[0].too_old, 0u);
  for (int i = 13; i <= 28; ++i) {
    Publish("e" + std::to_string(i));
    RunFor(std::chrono::milliseconds(500));
  }
  EXPECT_EQ(told.size(), 1u) << "once in ten seconds";
  RunFor(seconds(10));
  EXPECT_EQ(told.size(), 2u);
}

TEST_F(KeepingTest, ADrainTellsWhatWasGivenUpAndGivesUpNoMore) {
  uint64_t told = 0;
  observer_.on_kept_too_much = [&](const std::string&, const Observer::KeptTooMuch& kept) {
    told += kept.deliveries;
  };
  a_.retry.delays = {hours(24)};
  a_.breaker.reset();
  end_.status = 500;
  ASSERT_TRUE(SetTable({a_}).ok());
  for (int i = 1; i <= 12; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(30));
  store_.kept_events = 2;
  while (observer_.evicted.empty()) ASSERT_TRUE(executor_.Step());
  EXPECT_EQ(told, 0u) << "it is told with others";
  const size_t evicted = observer_.evicted.size();
  EXPECT_LT(evicted, 10u) << "a page of them";
  bool drained = false;
  dispatcher_->Drain([&drained] { drained = true; });
  EXPECT_EQ(told, evicted) << "the process may end before it is time to tell";
  RunFor(seconds(10));
  EXPECT_TRUE(drained);
  EXPECT_EQ(observer_.evicted.size(), evicted);
  EXPECT_EQ(told, evicted);
}

TEST_F(KeepingTest, WhatIsTooOldDies) {
  store_.kept_age = hours(1);
  uint64_t too_old = 0;
  observer_.on_kept_too_much = [&](const std::string&, const Observer::KeptTooMuch& kept) {
    too_old += kept.too_old;
  };
  Begin(10);
  EXPECT_EQ(Kept(), 7u);
  clock_.JumpWall(hours(2));
  RunFor(seconds(30));
  EXPECT_EQ(Kept(), 0u);
  EXPECT_EQ(GivenUp(metrics::GivenUp::kTooOld), 7u);
  EXPECT_EQ(too_old, 7u);
  EXPECT_EQ(store_.dead.size(), 7u);  // what lies behind the cursor is not asked for yet
}

// It would be written, and given up by the next look at what is kept.
TEST_F(KeepingTest, WhatIsTooOldIsNotEvenKept) {
  store_.kept_age = hours(1);
  Begin(3);
  clock_.JumpWall(hours(2));
  for (int i = 4; i <= 10; ++i) Publish("e" + std::to_string(i));
  for (int i = 0; i < 30'000; ++i) {
    RunFor(std::chrono::milliseconds(1));
    for (const auto& [row, kept] : store_.parked) ASSERT_GT(std::get<2>(row), 3u);
  }
  EXPECT_EQ(GivenUp(metrics::GivenUp::kTooOld), 3u);
  EXPECT_EQ(Kept(), 4u);
}

TEST_F(KeepingTest, WhatIsKeptAndThenHeldInOrderIsCountedOnce) {
  a_.order.by = model::Ordering::kKey;
  a_.retry.delays = {seconds(20)};
  a_.breaker.reset();
  key_ = "k";
  Begin(10);
  ASSERT_EQ(Kept(), 7u);
  throttled_ = "a";
  end_.status = 500;
  a_.enabled = true;
  ASSERT_TRUE(SetTable(Table()).ok());
  RunFor(seconds(10));
  EXPECT_EQ(Kept(), 0u) << "they wait behind the first";
  end_ = {};
  RunFor(seconds(60));
  EXPECT_EQ(store_.delivered.size(), 20u);
  static_cast<DispatcherImpl&>(*dispatcher_).ForEachLane([](Lane& lane) {
    EXPECT_EQ(lane.retries().parked(), 0u);
  });
}

// The younger ones are due first, so they lie before the pages that follow the first.
TEST_F(KeepingTest, WhatIsAskedForBetweenPagesIsLookedForOnAllPages) {
  a_.retry.delays = {hours(24)};
  a_.breaker.reset();
  throttled_ = "a";
  end_.status = 500;
  ASSERT_TRUE(SetTable(Table()).ok());
  for (int i = 1; i <= 9; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(1));
  a_.retry.delays = {hours(12)};
  ASSERT_TRUE(SetTable(Table()).ok());
  for (int i = 10; i <= 15; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(1));
  ASSERT_EQ(store_.parked.size(), 15u);
  journal_->read_delay = seconds(10);  // longer than from one look to the next
  store_.kept_events = 6;
  while (journal_->pages < 2) ASSERT_TRUE(executor_.Step());
  EXPECT_EQ(observer_.evicted.size(), 3u) << "the first page of three";
  store_.kept_events = 2;
  RunFor(seconds(120));
  EXPECT_EQ(store_.parked.size(), 2u);
  EXPECT_EQ(store_.dead.size(), 13u);
}

// What is in flight ends by itself. The rows would be listed anew with every look.
TEST_F(KeepingTest, WhatWasAskedForOnceIsLookedForOnce) {
  a_.retry.delays = {seconds(1)};
  a_.breaker.reset();
  throttled_ = "a";
  end_.status = 500;
  ASSERT_TRUE(SetTable(Table()).ok());
  for (int i = 1; i <= 4; ++i) Publish("e" + std::to_string(i));
  RunFor(std::chrono::milliseconds(500));
  end_.after = hours(1);
  RunFor(seconds(5));
  ASSERT_EQ(LaneOf("a").in_flight(), 4u);
  store_.kept_events = 2;
  RunFor(seconds(60));
  EXPECT_EQ(journal_->pages, 1u);
  EXPECT_TRUE(observer_.evicted.empty());
}

TEST_F(KeepingTest, RowsThatGoBackBetweenPagesAreNotPassedOver) {
  options_.max_lane_bytes = 1'500;
  Create();
  Begin(10);
  ASSERT_EQ(Kept(), 7u);
  throttled_ = "a";
  end_.after = hours(1);
  a_.enabled = true;
  a_.concurrency = 1;
  ASSERT_TRUE(SetTable(Table()).ok());
  Lane& lane = LaneOf("a");
  while (lane.in_flight() == 0 || lane.kept().queued() == 0) ASSERT_TRUE(executor_.Step());
  journal_->read_delay = seconds(10);
  store_.kept_events = 1;
  while (journal_->pages < 2) ASSERT_TRUE(executor_.Step());
  a_.enabled = false;
  ASSERT_TRUE(SetTable(Table()).ok());
  EXPECT_EQ(lane.kept().queued(), 0u) << "they went back";
  end_ = {};
  a_.enabled = true;
  ASSERT_TRUE(SetTable(Table()).ok());
  RunFor(hours(2));
  EXPECT_EQ(Kept(), 0u);
  for (uint64_t position = 1; position <= 10; ++position) {
    EXPECT_NE(store_.delivered.contains({1, position}), store_.dead.contains({1, position}))
        << position;
  }
}

TEST_F(KeepingTest, RowsThatGoBackWhileThoseBehindThemAreReadAreReadAgain) {
  options_.max_lane_bytes = 1'500;
  Create();
  Begin(10);
  ASSERT_EQ(Kept(), 7u);
  throttled_ = "a";
  end_.after = seconds(5);
  a_.enabled = true;
  a_.concurrency = 1;
  ASSERT_TRUE(SetTable(Table()).ok());
  Lane& lane = LaneOf("a");
  while (lane.kept().queued() == 0) ASSERT_TRUE(executor_.Step());
  journal_->read_delay = seconds(60);
  while (!lane.reading()) ASSERT_TRUE(executor_.Step());
  ASSERT_GT(lane.kept().queued(), 0u);
  a_.enabled = false;
  ASSERT_TRUE(SetTable(Table()).ok());
  a_.enabled = true;
  ASSERT_TRUE(SetTable(Table()).ok());
  ASSERT_EQ(lane.kept().queued(), 0u);
  ASSERT_TRUE(lane.reading()) << "the answer is for what lies behind them";
  end_ = {};
  RunFor(hours(1));
  EXPECT_EQ(Kept(), 0u);
  for (uint64_t position = 1; position <= 10; ++position) {
    EXPECT_TRUE(store_.delivered.contains({1, position})) << position;
  }
}

TEST_F(KeepingTest, ALaneThatClosesIsNotReadForAnyMore) {
  a_.enabled = false;
  journal_->window = 3;
  ASSERT_TRUE(SetTable(Table()).ok());
  for (int i = 1; i <= 10; ++i) Publish("e" + std::to_string(i));
  Lane& lane = LaneOf("a");
  while (!lane.reading()) ASSERT_TRUE(executor_.Step());
  journal_->write_delay = hours(10);  // so that it is there for the answer
  ASSERT_TRUE(SetTable({Named("b")}).ok());
  ASSERT_TRUE(lane.closing());
  EXPECT_TRUE(lane.reading());
  RunFor(seconds(1));
  EXPECT_FALSE(lane.reading());
  EXPECT_EQ(Kept(), 0u);
}

TEST_F(KeepingTest, ARetryThatIsFarAwayIsWithinTheBoundsToo) {
  store_.kept_events = 2;
  a_.retry.delays = {hours(24)};
  a_.breaker.reset();
  throttled_ = "a";
  end_.status = 500;
  ASSERT_TRUE(SetTable(Table()).ok());
  for (int i = 1; i <= 6; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(30));
  EXPECT_EQ(store_.parked.size(), 2u);
  EXPECT_EQ(store_.dead.size(), 4u);
  EXPECT_TRUE(store_.dead.contains({1, 1}));
  EXPECT_EQ(GivenUp(metrics::GivenUp::kTooMuch), 4u);
}

TEST_F(KeepingTest, WhatDiesWithItsDestinationIsCounted) {
  Begin(10);  // seven kept, three behind the cursor
  const auto metrics = metrics_.lanes["t/a"];
  ASSERT_TRUE(SetTable({Named("b")}).ok());
  RunFor(seconds(5));
  EXPECT_EQ(GivenUp(metrics::GivenUp::kRemoved), 10u);
  EXPECT_EQ(metrics->dead, 10u);
  EXPECT_EQ(observer_.Count("removed a: 0 unsent, 7 parked, 3 behind"), 1u);
}

TEST_F(KeepingTest, WhatIsInFlightAndInMemoryDiesCountedOnce) {
  a_.concurrency = 1;
  end_.after = seconds(10);
  ASSERT_TRUE(SetTable(Table()).ok());
  Publish("e1");
  Publish("e2");
  RunFor(std::chrono::milliseconds(100));
  ASSERT_TRUE(SetTable({Named("b")}).ok());
  RunFor(std::chrono::milliseconds(500));
  EXPECT_EQ(observer_.Count("removed a: 2 unsent, 0 parked, 0 behind"), 1u);
  EXPECT_EQ(GivenUp(metrics::GivenUp::kRemoved), 2u);
}

TEST_F(KeepingTest, NothingIsSaidOfADestinationThatHadNothing) {
  ASSERT_TRUE(SetTable(Table()).ok());
  Publish("e1");
  RunFor(seconds(5));
  ASSERT_TRUE(SetTable({Named("b")}).ok());
  RunFor(seconds(5));
  EXPECT_EQ(GivenUp(metrics::GivenUp::kRemoved), 0u);
  EXPECT_TRUE(std::ranges::none_of(
      observer_.said, [](const std::string& line) { return line.starts_with("removed"); }));
}

}  // namespace
}  // namespace carillon::delivery
