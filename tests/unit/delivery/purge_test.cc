// Deliveries that are given up because their owner wants that.

#include "figures_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class PurgeTest : public DispatcherTest {
 protected:
  PurgeTest() {
    a_.retry.delays = {hours(1)};
    a_.retry.jitter = 0;
    a_.breaker.reset();
    a_.disabling = {.on_gone = false, .failing_for = {}};
  }
  absl::StatusOr<PurgeResult> Purge(const PurgeOrder& order) {
    std::optional<absl::StatusOr<PurgeResult>> result;
    dispatcher_->Purge(order, [&](absl::StatusOr<PurgeResult> told) { result = std::move(told); });
    for (int i = 0; i < 5000 && !result; ++i) executor_.Step();
    return result.value_or(absl::InternalError("it was not answered"));
  }
  PurgeOrder Order() {
    return {.place = 0,
            .tenant = "t",
            .name = "a",
            .items = {},
            .wants = [](const WaitingDelivery&) { return true; },
            .end = store_.last() + 1,
            .from = {}};
  }
  /// All steps of a walk; returns how many it gave up.
  size_t PurgeAll(PurgeOrder order) {
    size_t purged = 0;
    for (int step = 0; step < 100; ++step) {
      const absl::StatusOr<PurgeResult> result = Purge(order);
      EXPECT_TRUE(result.ok()) << result.status();
      if (!result.ok()) return purged;
      purged += result->purged;
      if (!result->next) return purged;
      order.from = *result->next;
      if (result->waits) RunFor(milliseconds(100));
    }
    ADD_FAILURE() << "it did not end";
    return purged;
  }
  size_t PurgeIf(std::function<bool(const WaitingDelivery&)> wants) {
    PurgeOrder order = Order();
    order.wants = std::move(wants);
    return PurgeAll(std::move(order));
  }
  absl::StatusOr<PurgeResult> PurgeNamed(std::vector<PurgeOrder::Item> items) {
    PurgeOrder order = Order();
    order.items = std::move(items);
    return Purge(order);
  }
  void Begin() { ASSERT_TRUE(SetTable({a_}).ok()); }
  void PublishAll(int count, int first = 1) {
    for (int i = first; i < first + count; ++i) Publish("e" + std::to_string(i));
    RunFor(seconds(1));
  }
  absl::Status Command(LaneCommand command) {
    std::optional<absl::Status> result;
    LaneOrder order{.command = command};
    order.place = 0;
    order.tenant = "t";
    order.name = "a";
    dispatcher_->Command(order, [&](absl::Status status) { result = std::move(status); });
    for (int i = 0; i < 1000 && !result; ++i) executor_.Step();
    return result.value_or(absl::InternalError("it was not answered"));
  }
  void Pause() { ASSERT_TRUE(Command(LaneCommand::kPause).ok()); }
  void Resume() { ASSERT_TRUE(Command(LaneCommand::kResume).ok()); }
  void Restart(const std::vector<model::Destination>& table) {
    dispatcher_.reset();
    executor_.Clear();
    courier_.flights.clear();
    Create();
    ASSERT_TRUE(SetTable(table).ok());
  }
  /// Ids of what was sent to the destination, but for its name.
  std::vector<std::string> SentTo(const std::string& name) const {
    std::vector<std::string> ids;
    for (const std::string& each : ended_) {
      if (each.starts_with(name + " ")) ids.push_back(each.substr(name.size() + 1));
    }
    return ids;
  }
  uint64_t Behind() {
    std::optional<std::optional<model::Pending>> told;
    dispatcher_->CountPending({.place = 0, .tenant = "t", .name = "a"},
                              [&](std::optional<model::Pending> pending) { told = pending; });
    for (int i = 0; i < 1000 && !told; ++i) executor_.Step();
    return (*told)->behind.value_or(999);
  }
  base::WallTime DueOf(uint64_t position) {
    return std::get<1>(store_.row_of.at({1, position})).time();
  }
  static bool IsOdd(const WaitingDelivery& waiting) { return waiting.event.position() % 2 == 1; }

  model::Destination a_ = Named("a");
};

TEST_F(PurgeTest, WhatWaitsForItsFirstAttemptIsNeverSent) {
  Begin();
  Pause();
  PublishAll(10);
  EXPECT_EQ(PurgeAll(Order()), 10u);
  EXPECT_EQ(Behind(), 0u);
  PublishAll(2, 11);
  Resume();
  RunFor(seconds(5));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e11", "a e12"}));
  EXPECT_EQ(store_.dead.size(), 10u);
  EXPECT_TRUE(store_.Complete());
}

TEST_F(PurgeTest, WhatIsNotMeantIsSentInItsOrder) {
  a_.order.by = model::Ordering::kStrict;
  Begin();
  Pause();
  PublishAll(10);
  EXPECT_EQ(PurgeIf(IsOdd), 5u);
  Resume();
  RunFor(seconds(5));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e2", "a e4", "a e6", "a e8", "a e10"}));
  EXPECT_TRUE(store_.Complete());
}

TEST_F(PurgeTest, OnlyWhatWasAcceptedBeforeIsMeant) {
  Begin();
  Pause();
  PublishAll(4);
  const PurgeOrder order = Order();
  PublishAll(2, 5);
  EXPECT_EQ(PurgeAll(order), 4u);
  Resume();
  RunFor(seconds(5));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e5", "a e6"}));
}

// The watermark does not pass what another destination waits for: after the restart all is read
// again, and what was purged is known.
TEST_F(PurgeTest, NothingComesBackAfterARestart) {
  ASSERT_TRUE(SetTable({a_, Named("b")}).ok());
  Pause();
  throttled_ = "b";
  end_.after = hours(1);  // b answers nothing
  PublishAll(10);
  EXPECT_EQ(PurgeIf(IsOdd), 5u);
  end_ = {};
  Restart({a_, Named("b")});
  Resume();
  RunFor(seconds(5));
  EXPECT_EQ(SentTo("a"), (std::vector<std::string>{"e2", "e4", "e6", "e8", "e10"}));
  EXPECT_EQ(SentTo("b").size(), 10u);
  EXPECT_TRUE(store_.Complete());
}

TEST_F(PurgeTest, ACrashBeforeItIsDurableLosesNothing) {
  Begin();
  Pause();
  PublishAll(4);
  dispatcher_->Purge(Order(), [](const absl::StatusOr<PurgeResult>&) {});
  Restart({a_});
  Resume();
  RunFor(seconds(5));
  EXPECT_EQ(ended_.size() + store_.dead.size(), 4u);
  EXPECT_TRUE(store_.Complete());
}

TEST_F(PurgeTest, ADryRunCountsAndChangesNothing) {
  end_.status = 500;
  Begin();
  PublishAll(3);
  Pause();
  PublishAll(4, 4);
  PurgeOrder order = Order();
  order.only_count = true;
  EXPECT_EQ(PurgeAll(order), 7u);
  EXPECT_TRUE(store_.dead.empty());
  end_ = {};
  Resume();
  RunFor(hours(2));
  EXPECT_EQ(store_.delivered.size(), 7u);
}

TEST_F(PurgeTest, WhatWaitsForARetryIsGivenUpWithItsRow) {
  end_.status = 500;
  Begin();
  PublishAll(4);
  ASSERT_EQ(store_.parked.size(), 4u);
  const auto scheduled = [](const WaitingDelivery& waiting) {
    return waiting.state == WaitingDelivery::State::kScheduled && waiting.attempts == 1 &&
           waiting.next.has_value() && IsOdd(waiting);
  };
  EXPECT_EQ(PurgeIf(scheduled), 2u);
  EXPECT_EQ(store_.parked.size(), 2u);
  end_ = {};
  RunFor(hours(2));
  EXPECT_EQ(store_.delivered.size(), 2u);
  EXPECT_EQ(store_.dead.size(), 2u);
  EXPECT_TRUE(store_.parked.empty());
  EXPECT_TRUE(store_.Complete());
}

TEST_F(PurgeTest, ABatchLosesThoseThatAreMeant) {
  a_.format = model::Format::kArray;
  a_.batch.emplace();
  a_.batch->max_wait = milliseconds(100);
  end_.status = 500;
  Begin();
  PublishAll(5);
  ASSERT_EQ(store_.parked.size(), 1u);
  EXPECT_EQ(PurgeIf(IsOdd), 3u);
  EXPECT_EQ(store_.parked.size(), 1u);
  EXPECT_EQ(store_.row_of.size(), 2u);
  end_ = {};
  RunFor(hours(2));
  EXPECT_EQ(store_.delivered.size(), 2u);
  EXPECT_TRUE(store_.parked.empty());
}

// The first stays: its row is known by nearly the same key, and found by the old one.
TEST_F(PurgeTest, ABatchThatKeepsItsFirstIsFoundAgain) {
  a_.format = model::Format::kArray;
  a_.batch.emplace();
  a_.batch->max_wait = milliseconds(100);
  end_.status = 500;
  Begin();
  PublishAll(3);
  const base::WallTime due = DueOf(1);
  ASSERT_TRUE(PurgeNamed({{.position = 2, .due = due}}).ok());
  EXPECT_EQ(store_.row_of.size(), 2u);
  const auto rest = PurgeNamed({{.position = 1, .due = due}, {.position = 3, .due = due}});
  ASSERT_TRUE(rest.ok());
  EXPECT_EQ(rest->purged, 2u);
  EXPECT_TRUE(store_.parked.empty());
  RunFor(hours(2));
  EXPECT_EQ(ended_.size(), 1u) << "the first POST was the last";
}

TEST_F(PurgeTest, InOrderTheGroupGoesOnBehindAPurgedRetry) {
  a_.order.by = model::Ordering::kStrict;
  end_.status = 500;
  Begin();
  PublishAll(4);
  ASSERT_EQ(ended_.size(), 1u);
  end_ = {};
  const auto purged = PurgeNamed({{.position = 1, .due = DueOf(1)}});
  ASSERT_TRUE(purged.ok()) << purged.status();
  EXPECT_EQ(purged->items.front(), PurgeResult::Item::kPurged);
  RunFor(seconds(5));
  EXPECT_EQ(ended_.back(), "a e4");
  EXPECT_EQ(store_.delivered.size(), 3u);
  EXPECT_TRUE(store_.Complete());
}

TEST_F(PurgeTest, WhatIsHeldCanBeGivenUpOutOfTurn) {
  a_.order.by = model::Ordering::kKey;
  key_ = "k";
  end_.status = 500;
  Begin();
  PublishAll(6);
  EXPECT_EQ(PurgeIf([](const WaitingDelivery& waiting) { return !IsOdd(waiting); }), 3u);
  end_ = {};
  RunFor(hours(2));
  EXPECT_EQ(store_.delivered.size(), 3u);
  EXPECT_EQ(ended_.back(), "a e5");
  EXPECT_TRUE(store_.parked.empty());
  EXPECT_TRUE(store_.Complete());
}

TEST_F(PurgeTest, WhatWasHeldBehindADeadOneGoesOn) {
  a_.order.by = model::Ordering::kKey;
  a_.order.after_dead = model::AfterDead::kHold;
  a_.retry.delays.clear();
  key_ = "k";
  end_.status = 500;
  Begin();
  PublishAll(3);
  ASSERT_EQ(store_.dead.size(), 1u);
  end_ = {};
  RunFor(hours(2));
  ASSERT_TRUE(store_.delivered.empty());
  std::vector<WaitingDelivery::State> states;
  EXPECT_EQ(PurgeIf([&](const WaitingDelivery& waiting) {
              states.push_back(waiting.state);
              return false;
            }),
            0u);
  EXPECT_EQ(states.back(), WaitingDelivery::State::kHeld);
  ASSERT_TRUE(PurgeNamed({{.position = 2, .due = {}}}).ok());
  RunFor(seconds(5));
  EXPECT_TRUE(store_.delivered.empty()) << "another one is dead";
  ASSERT_TRUE(PurgeNamed({{.position = 1, .due = {}}}).ok());
  RunFor(seconds(5));
  EXPECT_EQ(store_.delivered.size(), 2u);
}

// In strict order what waits behind a dead one has no row.
TEST_F(PurgeTest, WhatWaitsInTheJournalBehindADeadOneIsHeld) {
  a_.order.by = model::Ordering::kStrict;
  a_.order.after_dead = model::AfterDead::kHold;
  a_.retry.delays.clear();
  end_.status = 500;
  Begin();
  PublishAll(3);
  ASSERT_EQ(store_.dead.size(), 1u);
  EXPECT_EQ(PurgeIf([](const WaitingDelivery& waiting) {
              return waiting.state == WaitingDelivery::State::kHeld;
            }),
            2u);
}

TEST_F(PurgeTest, WhatIsOnItsWayIsLeft) {
  end_.status = 500;
  a_.retry.delays = {seconds(10)};
  Begin();
  PublishAll(1);
  const base::WallTime due = DueOf(1);
  end_ = {.after = seconds(60)};
  RunFor(seconds(30));
  const auto left = PurgeNamed({{.position = 1, .due = due}});
  ASSERT_TRUE(left.ok());
  EXPECT_EQ(left->items.front(), PurgeResult::Item::kLeft);
  EXPECT_EQ(PurgeAll(Order()), 0u);
  RunFor(seconds(90));
  EXPECT_EQ(store_.delivered.size(), 1u);
  const auto gone = PurgeNamed({{.position = 1, .due = due}});
  ASSERT_TRUE(gone.ok());
  EXPECT_EQ(gone->items.front(), PurgeResult::Item::kGone);
}

TEST_F(PurgeTest, ABigBacklogGoesInSteps) {
  Begin();
  Pause();
  for (int i = 1; i <= 4500; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(1));
  const auto first = Purge(Order());
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->purged, PurgeOrder::kMaxStep);
  EXPECT_EQ(first->sample.size(), PurgeResult::kMaxSample);
  ASSERT_TRUE(first->next.has_value());
  PurgeOrder rest = Order();
  rest.from = *first->next;
  EXPECT_EQ(PurgeAll(rest), 2500u);
  EXPECT_EQ(Behind(), 0u);
  Resume();
  RunFor(seconds(5));
  EXPECT_TRUE(ended_.empty());
}

TEST_F(PurgeTest, OneThatIsNotInForceIsToldSo) {
  Begin();
  PurgeOrder order = Order();
  order.name = "other";
  EXPECT_TRUE(absl::IsNotFound(Purge(order).status()));
  order.items.push_back({.position = 1, .due = {}});
  EXPECT_TRUE(absl::IsNotFound(Purge(order).status()));
}

TEST(SkippedTest, RangesThatMeetAreOne) {
  Skipped skipped;
  EXPECT_FALSE(skipped.Contains(1, 5));
  skipped.Add(1, 5, 5);
  skipped.Add(1, 8, 9);
  skipped.Add(2, 1, 100);
  EXPECT_EQ(skipped.ranges(1), 2u);
  EXPECT_TRUE(skipped.Contains(1, 9));
  EXPECT_FALSE(skipped.Contains(1, 7));
  EXPECT_FALSE(skipped.Contains(1, 10));
  skipped.Add(1, 6, 7);
  EXPECT_EQ(skipped.ranges(1), 1u);
  EXPECT_TRUE(skipped.Contains(1, 7));
  skipped.ForgetBelow([](store::LaneId lane) -> uint64_t { return lane == 1 ? 10 : 50; });
  EXPECT_FALSE(skipped.Contains(1, 9));
  EXPECT_TRUE(skipped.Contains(2, 99));
}

}  // namespace
}  // namespace carillon::delivery
