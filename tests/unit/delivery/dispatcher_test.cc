// A shard step by step, over the simulated journal and courier.

#include "dispatcher_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(DispatcherTest, DeliversToAllThatWantItAndMovesTheWatermark) {
  ASSERT_TRUE(SetTable({Named("a"), Named("b")}).ok());
  Publish("e1");
  RunFor(milliseconds(500));
  EXPECT_EQ(ended_.size(), 2u);
  EXPECT_TRUE(store_.delivered.contains({1, 1}));
  EXPECT_TRUE(store_.delivered.contains({2, 1}));
  EXPECT_EQ(store_.watermark, 1u);
  EXPECT_EQ(metrics_.lanes["t/a"]->delivered, 1u);
}

// So that an event for thousands does not keep what comes for others from being seen.
TEST_F(DispatcherTest, AmongTheRequestsOfOneEventOthersHaveTheirTurn) {
  std::vector<model::Destination> many;
  for (int i = 0; i < 300; ++i) many.push_back(Named("d" + std::to_string(i)));
  ASSERT_TRUE(SetTable(many).ok());
  std::optional<size_t> out_before;
  end_.after = seconds(1);
  bool first = true;
  on_start_ = [&] {
    if (std::exchange(first, false)) {
      executor_.Post([&] { out_before = courier_.flights.size(); });
    }
  };
  Publish("e1");
  RunFor(milliseconds(500));
  EXPECT_EQ(courier_.flights.size(), 300u);
  ASSERT_TRUE(out_before);
  EXPECT_LE(*out_before, 100u);
}

// One that has much to send gives way to others for what it sent.
TEST_F(DispatcherTest, WhatIsSentIsCharged) {
  std::vector<model::Destination> both = {Named("a"), Named("b")};
  for (model::Destination& destination : both) destination.concurrency = 1'000;
  ASSERT_TRUE(SetTable(both).ok());
  end_.after = seconds(100);
  std::vector<std::shared_ptr<model::Event>> events;
  for (int i = 0; i < 300; ++i) {
    const std::string id = "e" + std::to_string(i);
    events.push_back(model::Event::Create({.id = id, .type = "a", .tenant = "t", .payload = "1"}));
  }
  journal_->Append(std::move(events), {});
  while (courier_.flights.size() < 64) ASSERT_TRUE(executor_.Step());
  const auto to_a = std::ranges::count_if(
      courier_.flights, [](const auto& flight) { return flight.second.host == "a"; });
  EXPECT_GE(to_a, 16);
  EXPECT_LE(to_a, static_cast<int64_t>(courier_.flights.size()) - 16);
}

TEST_F(DispatcherTest, AmongTheEventsOfOneBatchOthersHaveTheirTurn) {
  model::Destination a = Named("a");
  a.concurrency = 1;
  end_.after = seconds(100);
  ASSERT_TRUE(SetTable({a}).ok());
  std::vector<std::shared_ptr<model::Event>> events;
  for (int i = 0; i < 3'000; ++i) {
    const std::string id = "e" + std::to_string(i);
    events.push_back(model::Event::Create({.id = id, .type = "a", .tenant = "t", .payload = "1"}));
  }
  journal_->Append(std::move(events), {});
  uint64_t before = 0;
  uint64_t most = 0;
  while (before < 3'000 && executor_.Step()) {
    static_cast<DispatcherImpl&>(*dispatcher_).ForEachLane([&](const Lane& lane) {
      const model::Pending pending = lane.CountPending();
      const uint64_t routed = pending.in_memory + pending.in_flight;
      most = std::max(most, routed - before);
      before = routed;
    });
  }
  EXPECT_EQ(before, 3'000u);
  EXPECT_LE(most, 1'500u);
}

TEST_F(DispatcherTest, AnEventNobodyWantsSettlesByItself) {
  ASSERT_TRUE(SetTable({}).ok());
  Publish("e1");
  RunFor(milliseconds(500));
  EXPECT_EQ(store_.watermark, 1u);
}

TEST_F(DispatcherTest, ARetryComesAtItsTimeAlsoWhenTheWallClockIsSetBack) {
  model::Destination a = Named("a");
  a.retry.delays = {seconds(10), seconds(20)};
  a.retry.jitter = 0;
  ASSERT_TRUE(SetTable({a}).ok());
  end_.status = 500;
  Publish("e1");
  RunFor(seconds(1));
  EXPECT_EQ(ended_.size(), 1u);
  EXPECT_EQ(store_.parked.size(), 1u);
  EXPECT_EQ(store_.watermark, 1u);  // parked is settled
  clock_.JumpWall(-std::chrono::hours(5));
  RunFor(seconds(8));
  EXPECT_EQ(ended_.size(), 1u);
  RunFor(seconds(2));
  EXPECT_EQ(ended_.size(), 2u);
  clock_.JumpWall(std::chrono::hours(9));  // what is due by the wall clock goes at once
  RunFor(seconds(1));
  EXPECT_EQ(ended_.size(), 3u);
  EXPECT_TRUE(store_.parked.empty());
  EXPECT_TRUE(store_.dead.contains({1, 1}));
  EXPECT_EQ(metrics_.lanes["t/a"]->dead, 1u);
}

TEST_F(DispatcherTest, ARetryWaitsAsLongAsTheReceiverAsks) {
  model::Destination a = Named("a");
  a.retry.delays = {seconds(1), seconds(1), seconds(1)};
  a.retry.jitter = 0;
  a.retry.retry_after_cap = std::chrono::hours(5);
  ASSERT_TRUE(SetTable({a}).ok());
  end_ = {.status = 500, .retry_after = "60"};
  Publish("e1");
  RunFor(seconds(59));
  EXPECT_EQ(ended_.size(), 1u);
  end_.retry_after = "14400";  // longer than what a clock set back is told by
  RunFor(seconds(2));
  EXPECT_EQ(ended_.size(), 2u);
  RunFor(std::chrono::hours(4) - seconds(5));
  EXPECT_EQ(ended_.size(), 2u);
  end_.retry_after = "tomorrow";
  RunFor(seconds(10));
  EXPECT_EQ(ended_.size(), 4u);  // ignored: after the second that was planned
  EXPECT_EQ(metrics_.retry_after_ignored, 2);
  EXPECT_TRUE(store_.dead.contains({1, 1}));
}

TEST_F(DispatcherTest, AnAnswerThatSpeaksForAllPausesItsDestinationAndNoOther) {
  model::Destination a = Named("a");
  a.retry.delays = {seconds(5)};
  a.retry.jitter = 0;
  ASSERT_TRUE(SetTable({a, Named("b")}).ok());
  throttled_ = "a";
  end_ = {.status = 429, .retry_after = "20"};
  Publish("e1");
  RunFor(seconds(1));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e1", "b e1"}));
  end_ = {};
  for (int i = 2; i <= 4; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(18));
  EXPECT_EQ(ended_.size(), 5u);  // only b's
  EXPECT_EQ(store_.parked.size(), 1u);
  dispatcher_->PublishGauges();
  EXPECT_EQ(metrics_.lanes["t/a"]->ready, 3);  // they wait; they are not parked
  RunFor(seconds(2));
  EXPECT_EQ(ended_.size(), 9u);
  EXPECT_EQ(store_.delivered.size(), 8u);
  EXPECT_TRUE(store_.parked.empty());
}

TEST_F(DispatcherTest, RecoveryIsNoStampede) {
  model::Destination a = Named("a");
  a.retry.delays = {seconds(10), seconds(10)};
  a.retry.jitter = 0;
  a.retry.budget = {.ratio = 0.2, .min_per_second = 2};
  a.breaker.reset();
  ASSERT_TRUE(SetTable({a}).ok());
  end_.status = 500;
  for (int i = 1; i <= 50; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(9));
  EXPECT_EQ(store_.parked.size(), 50u);
  end_ = {};
  RunFor(seconds(2));  // due for a second: a burst of ten and two a second
  EXPECT_GE(store_.delivered.size(), 10u);
  EXPECT_LE(store_.delivered.size(), 13u);
  RunFor(seconds(10));
  EXPECT_LE(store_.delivered.size(), 33u);
  RunFor(seconds(15));
  EXPECT_EQ(store_.delivered.size(), 50u);
}

TEST_F(DispatcherTest, ALaneThatReadsTakesNoMoreThanItMayHold) {
  options_.max_lane_bytes = 1'000;
  Create();
  model::Destination a = Named("a");
  a.concurrency = 1;
  end_.after = std::chrono::milliseconds(20);
  ASSERT_TRUE(SetTable({a}).ok());
  for (int i = 0; i < 100; ++i) Publish("e" + std::to_string(i));
  size_t most = 0;
  while (store_.delivered.size() < 100 && executor_.Step()) {
    static_cast<DispatcherImpl&>(*dispatcher_).ForEachLane([&](const Lane& lane) {
      most = std::max(most, lane.fresh_bytes());
    });
  }
  EXPECT_LT(most, 1'000 + store_.events[0]->bytes());
}

// Its memory would be read again, with every look.
TEST_F(DispatcherTest, ALaneThatIsBehindWhatIsToLeaveKeepsItsMemory) {
  options_.max_lane_bytes = 1'000;
  Create();
  journal_->window = 25;
  model::Destination a = Named("a");
  a.concurrency = 1;
  ASSERT_TRUE(SetTable({a, Named("b")}).ok());
  for (int i = 0; i < 20; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(10));
  throttled_ = "a";
  end_.after = std::chrono::hours(10);
  for (int i = 20; i < 40; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(30));
  ASSERT_GT(store_.leave_to, 0u);
  ASSERT_LT(store_.leave_to, 20u);
  Lane* lane = nullptr;
  static_cast<DispatcherImpl&>(*dispatcher_).ForEachLane([&](Lane& each) {
    if (each.destination().name == "a") lane = &each;
  });
  ASSERT_TRUE(lane->cursor().has_value());
  for (int i = 0; i < 2'000; ++i) {
    RunFor(std::chrono::milliseconds(1));
    ASSERT_GT(lane->fresh_bytes(), 0u);
  }
}

TEST_F(DispatcherTest, WhatLeftTheJournalBeforeItWasReadIsPassed) {
  for (const char* id : {"e1", "e2", "e3"}) Publish(id);
  RunFor(seconds(1));
  store_.gone_to = 3;
  dispatcher_.reset();
  executor_.Clear();
  Create();
  ASSERT_TRUE(SetTable({Named("a")}).ok());
  RunFor(seconds(1));
  EXPECT_EQ(store_.watermark, 3u);
  Publish("e4");
  RunFor(seconds(1));
  EXPECT_TRUE(store_.delivered.contains({1, 4}));
}

TEST_F(DispatcherTest, APauseIsForgottenByTheNextLife) {
  model::Destination a = Named("a");
  a.retry.delays = {seconds(5)};
  a.retry.jitter = 0;
  ASSERT_TRUE(SetTable({a}).ok());
  end_ = {.status = 503, .retry_after = "3600"};
  Publish("e1");
  RunFor(seconds(1));
  end_ = {};
  Publish("e2");
  RunFor(seconds(1));
  EXPECT_EQ(ended_.size(), 1u);
  dispatcher_.reset();
  executor_.Clear();
  Create();
  ASSERT_TRUE(SetTable({a}).ok());
  RunFor(seconds(1));
  EXPECT_TRUE(store_.delivered.contains({1, 2}));
  EXPECT_EQ(store_.parked.size(), 1u);  // the delivery itself still waits
}

TEST_F(DispatcherTest, ADestinationCanBeRemovedWhileItPauses) {
  ASSERT_TRUE(SetTable({Named("a")}).ok());
  end_.status = 429;
  Publish("e1");
  RunFor(milliseconds(100));
  Publish("e2");
  RunFor(milliseconds(100));
  ASSERT_TRUE(SetTable({}).ok());
  RunFor(seconds(5));
  EXPECT_TRUE(store_.lanes.at(1).closed);
  EXPECT_EQ(ended_.size(), 1u);
}

TEST_F(DispatcherTest, ARetryThatWouldBeTooOldIsNotMade) {
  model::Destination a = Named("a");
  a.retry.delays = {seconds(10), seconds(10)};
  a.retry.jitter = 0;
  a.retry.max_age = seconds(15);
  ASSERT_TRUE(SetTable({a}).ok());
  end_.status = 500;
  Publish("e1");
  RunFor(seconds(5));
  EXPECT_EQ(store_.parked.size(), 1u);
  RunFor(seconds(6));
  EXPECT_EQ(ended_.size(), 2u);  // at 10 s; the next would come at 20 s
  EXPECT_TRUE(store_.parked.empty());
  EXPECT_TRUE(store_.dead.contains({1, 1}));
}

TEST_F(DispatcherTest, AParkedDeliveryThatBecameTooOldIsDeadUnsent) {
  model::Destination a = Named("a");
  a.retry.delays = {seconds(10)};
  a.retry.jitter = 0;
  a.retry.max_age = std::chrono::hours(1);
  ASSERT_TRUE(SetTable({a}).ok());
  end_.status = 500;
  Publish("e1");
  RunFor(seconds(5));
  ASSERT_EQ(store_.parked.size(), 1u);
  clock_.JumpWall(std::chrono::hours(2));
  RunFor(seconds(10));
  EXPECT_EQ(ended_.size(), 1u);
  EXPECT_TRUE(store_.parked.empty());
  EXPECT_TRUE(store_.dead.contains({1, 1}));
  EXPECT_EQ(metrics_.lanes["t/a"]->dead, 1u);
}

TEST_F(DispatcherTest, AParkedDeliveryThatAgedBehindOthersIsDeadUnsent) {
  model::Destination a = Named("a");
  a.retry.delays = {seconds(10)};
  a.retry.jitter = 0;
  a.retry.max_age = seconds(20);
  a.concurrency = 1;
  ASSERT_TRUE(SetTable({a}).ok());
  end_.status = 500;
  Publish("e1");
  Publish("e2");
  RunFor(seconds(5));
  ASSERT_EQ(store_.parked.size(), 2u);
  end_.after = seconds(14);
  RunFor(seconds(30));
  EXPECT_EQ(ended_.size(), 3u);  // one of the two was in the way of the other
  EXPECT_EQ(store_.dead.size(), 2u);
  EXPECT_TRUE(store_.parked.empty());
}

TEST_F(DispatcherTest, ARowParkedByAClockSetBackSinceIsNotWaitedForForEver) {
  model::Destination a = Named("a");
  a.retry.delays = {seconds(10), seconds(10)};
  a.retry.jitter = 0;
  store_.Open({"t", "a"});
  journal_->accepted_at = clock_.Wall();
  Publish("e1");
  RunFor(seconds(1));
  store_.settled[{1, 1}] = 1;
  store_.watermark = 1;
  store_.Park({.lane = 1,
               .due = store::Due::At(clock_.Wall() + std::chrono::hours(24 * 365)),
               .position = 1,
               .attempts = 1});
  dispatcher_.reset();
  executor_.Clear();
  Create();
  ASSERT_TRUE(SetTable({a}).ok());
  RunFor(seconds(1));
  EXPECT_TRUE(store_.delivered.contains({1, 1}));
}

TEST_F(DispatcherTest, ADestinationThatIsRemovedEndsItsDeliveries) {
  model::Destination a = Named("a");
  a.concurrency = 1;
  ASSERT_TRUE(SetTable({a, Named("b")}).ok());
  end_.after = seconds(10);
  Publish("e1");
  Publish("e2");
  RunFor(milliseconds(100));
  EXPECT_EQ(courier_.flights.size(), 3u);
  ASSERT_TRUE(SetTable({Named("b")}).ok());
  RunFor(milliseconds(500));
  EXPECT_EQ(courier_.flights.size(), 2u);
  EXPECT_TRUE(store_.lanes.at(1).closed);
  EXPECT_TRUE(store_.dead.contains({1, 1}));
  EXPECT_TRUE(store_.dead.contains({1, 2}));
  ASSERT_TRUE(SetTable({a, Named("b")}).ok());  // it comes back as another lane
  EXPECT_EQ(store_.lanes.size(), 3u);
}

TEST_F(DispatcherTest, ATableWithABadUrlChangesNothing) {
  ASSERT_TRUE(SetTable({Named("a")}).ok());
  model::Destination bad = Named("b");
  bad.url = "ftp://b/";
  EXPECT_EQ(SetTable({bad}).code(), absl::StatusCode::kInvalidArgument);
  Publish("e1");
  RunFor(milliseconds(500));
  EXPECT_EQ(ended_, std::vector<std::string>{"a e1"});
}

TEST_F(DispatcherTest, AChangedDestinationKeepsItsQueue) {
  model::Destination a = Named("a");
  a.concurrency = 1;
  ASSERT_TRUE(SetTable({a}).ok());
  end_.after = seconds(1);
  for (int i = 1; i <= 4; ++i) Publish("e" + std::to_string(i));
  RunFor(milliseconds(100));
  EXPECT_EQ(courier_.flights.size(), 1u);
  a.concurrency = 3;
  a.url = "http://other/";
  ASSERT_TRUE(SetTable({a}).ok());
  RunFor(milliseconds(100));
  EXPECT_EQ(courier_.flights.size(), 3u);
  RunFor(seconds(3));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e1", "other e2", "other e3", "other e4"}));
}

TEST_F(DispatcherTest, DrainingLeavesWhatWasCutOffToTheNextLife) {
  ASSERT_TRUE(SetTable({Named("a")}).ok());
  Publish("e1");
  RunFor(milliseconds(500));
  end_.after = seconds(60);
  Publish("e2");
  RunFor(milliseconds(500));
  bool drained = false;
  dispatcher_->Drain([&drained] { drained = true; });
  Publish("e3");
  RunFor(seconds(5));
  EXPECT_FALSE(drained);  // e2 is in flight
  EXPECT_EQ(courier_.flights.size(), 1u);
  courier_.CancelAll();
  RunFor(seconds(1));
  EXPECT_TRUE(drained);
  EXPECT_EQ(store_.watermark, 1u);
  EXPECT_EQ(SetTable({}).code(), absl::StatusCode::kUnavailable);

  dispatcher_.reset();
  executor_.Clear();
  Create();
  end_.after = milliseconds(1);
  ASSERT_TRUE(SetTable({Named("a")}).ok());
  RunFor(seconds(1));
  EXPECT_EQ(store_.watermark, 3u);
  EXPECT_TRUE(store_.delivered.contains({1, 2}));
}

TEST_F(DispatcherTest, ALaneThatHoldsTheWatermarkTooLongIsDetachedFromIt) {
  ASSERT_TRUE(SetTable({Named("a")}).ok());
  end_.after = seconds(90);
  Publish("e1");
  RunFor(milliseconds(100));
  end_.after = milliseconds(1);
  Publish("e2");
  RunFor(seconds(20));
  EXPECT_EQ(store_.watermark, 0u);
  RunFor(seconds(15));
  EXPECT_EQ(store_.watermark, 2u);
  EXPECT_EQ(store_.lanes.at(1).cursor, 1u);
  RunFor(seconds(60));
  EXPECT_EQ(store_.lanes.at(1).cursor, std::nullopt);
}

TEST_F(DispatcherTest, AFullDiskStopsSendingAtTheBoundAndGoesOnAfterwards) {
  options_.max_unsettled_rows = 10;
  Create();
  model::Destination a = Named("a");
  a.concurrency = 1;
  ASSERT_TRUE(SetTable({a}).ok());
  for (int i = 1; i <= 100; ++i) Publish("e" + std::to_string(i));
  while (store_.last() < 100 && executor_.Step()) {
  }
  journal_->disk_full = true;
  const size_t before = ended_.size();
  RunFor(seconds(30));
  EXPECT_LT(before, 80u);
  EXPECT_LE(ended_.size() - before, 11u) << "and one that was in flight";
  journal_->disk_full = false;
  RunFor(seconds(100));
  EXPECT_EQ(store_.watermark, 100u);
}

}  // namespace
}  // namespace carillon::delivery
