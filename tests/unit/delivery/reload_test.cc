// What a change of a destination does to what is under way. That no change of any member breaks a
// promise is the simulation's to show.

#include "dispatcher_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ReloadTest : public DispatcherTest {
 protected:
  ReloadTest() {
    a_.format = model::Format::kArray;
    a_.batch = {.max_events = 3, .max_bytes = 10'000, .max_wait = milliseconds(50)};
    a_.retry.delays = {seconds(10), seconds(10), seconds(10)};
    a_.retry.jitter = 0;
    a_.breaker.reset();
  }
  /// Three events go as one batch, which is refused.
  void ParkABatch() {
    ASSERT_TRUE(SetTable({a_}).ok());
    end_.status = 500;
    for (const char* id : {"e1", "e2", "e3"}) Publish(id);
    RunFor(seconds(1));
    ASSERT_EQ(ended_.size(), 1u);
    ASSERT_EQ(store_.parked.size(), 1u);
    end_.status = 200;
    ended_.clear();
  }
  void UseOneEventFormat() {
    a_.format = model::Format::kStandard;
    a_.batch.reset();
  }
  void Crash() {
    executor_.Clear();
    dispatcher_.reset();
    Create();
  }
  /// A row as no lane ever wrote it.
  void Store(store::Parked row) {
    const SimStore::ParkedId id{row.lane, row.due, row.position};
    store_.parked.emplace(id, SimStore::Row{row.attempts, row.group, row.rest});
  }

  model::Destination a_ = Named("a");
};

TEST_F(ReloadTest, AParkedBatchIsTakenApartForAFormatOfOneEvent) {
  ParkABatch();
  UseOneEventFormat();
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(1));
  EXPECT_TRUE(ended_.empty()) << "before its time";
  RunFor(seconds(10));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e1", "a e2", "a e3"}));
  EXPECT_EQ(store_.delivered.size(), 3u);
  EXPECT_EQ(store_.settled.at({1, 3}), 2u) << "the attempts made so far count";
  EXPECT_TRUE(store_.parked.empty());
  dispatcher_->PublishGauges();
  EXPECT_EQ(metrics_.lanes["t/a"]->parked, 0);
}

TEST_F(ReloadTest, AlsoWhenTheChangeWasMadeWhileTheProcessWasDown) {
  ParkABatch();
  UseOneEventFormat();
  Crash();
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(11));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e1", "a e2", "a e3"}));
  EXPECT_TRUE(store_.parked.empty());
}

TEST_F(ReloadTest, ABatchInFlightIsParkedApart) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_ = {.status = 500, .after = seconds(2)};
  for (const char* id : {"e1", "e2", "e3"}) Publish(id);
  RunFor(seconds(1));
  UseOneEventFormat();
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(2));
  EXPECT_EQ(store_.parked.size(), 3u);
  end_.status = 200;
  ended_.clear();
  RunFor(seconds(14));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e1", "a e2", "a e3"}));
}

TEST_F(ReloadTest, TakenApartItKeepsItsOrder) {
  a_.order.by = model::Ordering::kStrict;
  a_.concurrency = 1;
  ParkABatch();
  Publish("e4");
  UseOneEventFormat();
  ASSERT_TRUE(SetTable({a_}).ok());
  end_ = {.status = 500, .after = milliseconds(1)};
  RunFor(seconds(10));
  EXPECT_EQ(ended_, std::vector<std::string>{"a e1"}) << "one waits for a time, the others for it";
  end_.status = 200;
  ended_.clear();
  RunFor(seconds(12));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e1", "a e2", "a e3", "a e4"}));
}

TEST_F(ReloadTest, AnArrayStaysAsItWasWhateverBatchesAreNow) {
  ParkABatch();
  a_.format = model::Format::kCloudEventsBatch;
  a_.batch->max_events = 1;
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(11));
  EXPECT_EQ(ended_.size(), 1u);
  EXPECT_EQ(store_.delivered.size(), 3u);
}

TEST_F(ReloadTest, WhatWaitsForItsFirstAttemptFollowsAnotherOrder) {
  a_ = Named("a");
  a_.concurrency = 1;
  a_.retry.delays = {seconds(10)};
  end_ = {.status = 500, .after = seconds(1)};
  ASSERT_TRUE(SetTable({a_}).ok());
  for (const char* id : {"e1", "e2", "e3"}) Publish(id);
  RunFor(milliseconds(500));
  a_.order.by = model::Ordering::kStrict;
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(5));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e1", "a e2"})) << "the third waits for the second";
}

TEST_F(ReloadTest, RowsOfAnotherOrderGoWhereThereIsNone) {
  a_ = Named("a");
  a_.order.by = model::Ordering::kStrict;
  a_.concurrency = 1;
  a_.retry.delays = {seconds(5)};
  end_.status = 500;
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e1");
  RunFor(seconds(1));
  a_.order.by = model::Ordering::kNone;
  end_.status = 200;
  Crash();
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e2");
  RunFor(seconds(6));
  EXPECT_EQ(ended_.size(), 3u);
  EXPECT_TRUE(store_.parked.empty());
}

TEST_F(ReloadTest, ABreakerThatWasOpenForLongClosesEarlierUnderAShorterDelay) {
  a_ = Named("a");
  a_.breaker->consecutive_failures = 1;
  a_.breaker->delay = a_.breaker->max_delay = std::chrono::hours(24);
  end_.status = 500;
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e1");
  RunFor(seconds(1));
  Publish("e2");
  a_.breaker->delay = a_.breaker->max_delay = seconds(3);
  end_.status = 200;
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(4));
  EXPECT_TRUE(store_.delivered.contains({1, 2}));
}

TEST_F(ReloadTest, WhatWasPreparedAndDiscardedNeverWas) {
  a_ = Named("a");
  ASSERT_TRUE(SetTable({a_}).ok());
  a_.url = "http://elsewhere/";
  std::optional<absl::Status> ready;
  const auto table = std::make_shared<SimTable>(
      std::vector{a_, Named("b")}, [](const std::string&, const model::Event&) { return true; });
  dispatcher_->PrepareTable({table, {0, 1}}, [&ready](absl::Status status) { ready = status; });
  RunFor(milliseconds(100));
  ASSERT_TRUE(ready && ready->ok());
  Publish("e1");
  RunFor(milliseconds(100));
  EXPECT_TRUE(ended_.empty()) << "a lane that is added must miss nothing";
  dispatcher_->DiscardTable();
  RunFor(milliseconds(500));
  EXPECT_EQ(ended_, std::vector<std::string>{"a e1"});
  EXPECT_TRUE(store_.lanes.at(2).closed) << "it does not stay in the journal";
  ASSERT_TRUE(SetTable({a_, Named("b")}).ok());
  Publish("e2");
  RunFor(milliseconds(500));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e1", "elsewhere e2", "b e2"}));
  EXPECT_EQ(store_.watermark, 2u);
}

TEST_F(ReloadTest, AChangeDoesNotWaitForTheDiskToCloseWhatTheLastTookOut) {
  ASSERT_TRUE(SetTable({Named("a"), Named("b")}).ok());
  RunFor(milliseconds(500));
  journal_->write_delay = std::chrono::hours(1);  // it is full
  const base::MonoTime before = clock_.Mono();
  ASSERT_TRUE(SetTable({Named("b")}).ok());
  ASSERT_TRUE(SetTable({Named("b")}).ok());
  EXPECT_LT(clock_.Mono() - before, seconds(1));
}

TEST_F(ReloadTest, AFirstTableThatIsDiscardedClosesNothing) {
  ParkABatch();
  Crash();
  std::optional<absl::Status> ready;
  const auto table = std::make_shared<SimTable>(
      std::vector{a_}, [](const std::string&, const model::Event&) { return true; });
  dispatcher_->PrepareTable({table, {0}}, [&ready](absl::Status status) { ready = status; });
  RunFor(milliseconds(100));
  ASSERT_TRUE(ready && ready->ok());
  dispatcher_->DiscardTable();
  RunFor(milliseconds(500));
  EXPECT_FALSE(store_.lanes.at(1).closed);
  EXPECT_EQ(store_.parked.size(), 1u);
}

TEST_F(ReloadTest, AJournalThatCannotOpenLanesChangesNothing) {
  a_ = Named("a");
  ASSERT_TRUE(SetTable({a_}).ok());
  a_.url = "http://elsewhere/";
  journal_->disk_full = true;
  EXPECT_EQ(SetTable({a_, Named("b")}).code(), absl::StatusCode::kResourceExhausted);
  journal_->disk_full = false;
  Publish("e1");
  RunFor(milliseconds(500));
  EXPECT_EQ(ended_, std::vector<std::string>{"a e1"});
  ASSERT_TRUE(SetTable({a_, Named("b")}).ok());
}

TEST_F(ReloadTest, RowsThatMakeNoSenseAreDeadAndNobodyWaitsForThem) {
  a_.order.by = model::Ordering::kKey;
  ASSERT_TRUE(SetTable({a_}).ok());
  for (const char* id : {"e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9"}) Publish(id);
  RunFor(seconds(1));
  ASSERT_EQ(store_.delivered.size(), 9u);
  store_.delivered.clear();
  store_.settled = {{{1, 8}, 1}, {{1, 9}, 9}};
  ended_.clear();
  executor_.Clear();
  dispatcher_.reset();
  const auto due = store::Due::At(clock_.Wall());
  const store::GroupId none = store::kMaxGroup + 1;
  Store({.lane = 1, .due = due, .position = 1, .attempts = 1, .group = none});
  Store({.lane = 1, .due = due, .position = 3, .group = 5, .rest = {{2, 5}}});
  Store({.lane = 1, .due = due, .position = 4, .group = 5, .rest = {{4, 6}}});
  Store({.lane = 1, .due = due, .position = 5, .rest = {{6, ~uint64_t{0}}}});
  Store({.lane = 1, .due = due, .position = 7, .attempts = UINT32_MAX, .group = 5});
  Store({.lane = 1, .due = due, .position = 8, .attempts = 1, .group = 77});
  Store({.lane = 1, .due = store::Due::Held(5), .position = 9, .attempts = 9, .group = 9});
  UseOneEventFormat();
  Create();
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e10");
  RunFor(seconds(30));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e10", "a e8", "a e9"}));
  EXPECT_TRUE(store_.parked.empty());
  for (const uint64_t position : {1, 2, 3, 4, 5, 6, 7}) {
    EXPECT_TRUE(store_.dead.contains({1, position})) << position;
  }
  EXPECT_GE(metrics_.lanes["t/a"]->dead, 7u);
  static_cast<DispatcherImpl&>(*dispatcher_).ForEachLane([](Lane& lane) {
    EXPECT_EQ(lane.retries().parked(), 0u);
  });
}

}  // namespace
}  // namespace carillon::delivery
