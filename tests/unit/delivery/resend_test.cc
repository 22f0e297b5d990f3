// Deliveries that are made again.

#include "figures_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class ResendTest : public DispatcherTest {
 protected:
  ResendTest() {
    a_.retry.delays = {seconds(10)};
    a_.retry.jitter = 0;
    a_.breaker.reset();
  }
  absl::StatusOr<size_t> Resend(const ResendOrder& order) {
    std::optional<absl::StatusOr<size_t>> result;
    dispatcher_->Resend(order, [&](absl::StatusOr<size_t> taken) { result = std::move(taken); });
    for (int i = 0; i < 1000 && !result; ++i) executor_.Step();
    return result.value_or(absl::InternalError("it was not answered"));
  }
  ResendOrder Of(const std::vector<uint64_t>& positions) const {
    ResendOrder order{.place = 0, .tenant = "t", .name = "a"};
    for (const uint64_t position : positions) {
      order.items.push_back(
          {.position = position, .bytes = store_.events[position - 1]->record().size(), .due = {}});
    }
    return order;
  }
  void PublishAll(int count) {
    ASSERT_TRUE(SetTable({a_}).ok());
    for (int i = 1; i <= count; ++i) Publish("e" + std::to_string(i));
    RunFor(seconds(1));
  }
  void Restart() {
    dispatcher_.reset();
    executor_.Clear();
    Create();
    ASSERT_TRUE(SetTable({a_}).ok());
  }

  model::Destination a_ = Named("a");
};

TEST_F(ResendTest, OneThatWasDeliveredGoesOnceMoreWithItsId) {
  PublishAll(2);
  ASSERT_EQ(ended_.size(), 2u);
  const auto taken = Resend(Of({1}));
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_EQ(*taken, 1u);
  RunFor(seconds(1));
  ASSERT_EQ(ended_.size(), 3u);
  EXPECT_EQ(ended_.back(), "a e1");
  EXPECT_TRUE(store_.parked.empty());
  EXPECT_TRUE(store_.Complete());
  RunFor(hours(1));
  EXPECT_EQ(ended_.size(), 3u);
}

TEST_F(ResendTest, ItIsDurableBeforeItIsAnsweredAndOutlivesTheProcess) {
  PublishAll(2);
  end_.after = hours(1);  // what is sent now is not answered before the end
  ASSERT_TRUE(Resend(Of({1, 2})).ok());
  EXPECT_EQ(store_.parked.size(), 2u);
  end_ = {};
  Restart();
  RunFor(seconds(1));
  EXPECT_EQ(ended_.size(), 4u);
  EXPECT_TRUE(store_.Complete());
}

TEST_F(ResendTest, ADeadOneBeginsItsScheduleAnew) {
  end_.status = 500;
  PublishAll(1);
  RunFor(seconds(20));
  ASSERT_EQ(store_.dead.size(), 1u);
  ASSERT_EQ(ended_.size(), 2u);
  ASSERT_TRUE(Resend(Of({1})).ok());
  RunFor(seconds(1));
  EXPECT_EQ(ended_.size(), 3u);
  EXPECT_EQ(store_.parked.size(), 1u) << "it has a retry again";
  RunFor(seconds(20));
  EXPECT_EQ(ended_.size(), 4u);
  EXPECT_EQ(store_.dead.size(), 1u);
  end_ = {};
  ASSERT_TRUE(Resend(Of({1})).ok());
  RunFor(seconds(1));
  EXPECT_EQ(store_.delivered.size(), 1u);
}

TEST_F(ResendTest, OneThatWaitsForItsRetryGoesAtOnceAndOnce) {
  end_.status = 500;
  a_.retry.delays = {hours(1)};
  PublishAll(1);
  ASSERT_EQ(store_.parked.size(), 1u);
  end_ = {};
  ResendOrder order = Of({1});
  order.items[0].due = std::get<1>(store_.parked.begin()->first).time();
  EXPECT_EQ(*Resend(order), 1u);
  RunFor(seconds(1));
  EXPECT_EQ(store_.delivered.size(), 1u);
  EXPECT_TRUE(store_.parked.empty());
  EXPECT_EQ(*Resend(order), 0u) << "it does not wait any more";
  RunFor(hours(2));
  EXPECT_EQ(ended_.size(), 2u);
  EXPECT_TRUE(store_.Complete());
}

TEST_F(ResendTest, ABatchThatWaitsGoesAsAWhole) {
  a_.format = model::Format::kArray;
  a_.batch.emplace();
  a_.batch->max_wait = milliseconds(100);
  a_.retry.delays = {hours(1)};
  end_.status = 500;
  PublishAll(3);
  ASSERT_EQ(store_.parked.size(), 1u);
  ASSERT_EQ(store_.row_of.size(), 3u);
  end_ = {};
  ResendOrder order = Of({2});
  order.items[0].due = std::get<1>(store_.parked.begin()->first).time();
  EXPECT_EQ(*Resend(order), 1u);
  RunFor(seconds(1));
  EXPECT_EQ(store_.delivered.size(), 3u);
  EXPECT_TRUE(store_.parked.empty());
}

// What follows in its group waits for it as before, and goes behind it.
TEST_F(ResendTest, InOrderTheGroupGoesOnBehindTheRetryThatWasBroughtForward) {
  a_.order.by = model::Ordering::kStrict;
  a_.retry.delays = {hours(1)};
  end_.status = 500;
  PublishAll(3);
  ASSERT_EQ(ended_.size(), 1u);
  end_ = {};
  ResendOrder order = Of({1});
  order.items[0].due = std::get<1>(store_.parked.begin()->first).time();
  EXPECT_EQ(*Resend(order), 1u);
  RunFor(seconds(5));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e1", "a e1", "a e2", "a e3"}));
}

// One that was settled before is outside of its group: the living do not wait for it.
TEST_F(ResendTest, InOrderNothingWaitsForWhatIsMadeAgain) {
  a_.order.by = model::Ordering::kKey;
  key_ = "k";
  PublishAll(1);
  end_.after = seconds(30);
  ASSERT_TRUE(Resend(Of({1})).ok());
  RunFor(milliseconds(100));
  end_ = {};
  Publish("e2");
  RunFor(seconds(1));
  EXPECT_EQ(ended_.back(), "a e2");
}

TEST_F(ResendTest, WhatMayBeOnItsFirstWayIsNotTaken) {
  a_.concurrency = 1;
  end_.after = seconds(5);
  PublishAll(3);  // the first is in flight
  ResendOrder order = Of({1, 2, 3});
  order.settled_only = true;
  EXPECT_EQ(*Resend(order), 0u);
  RunFor(seconds(5));
  EXPECT_EQ(*Resend(order), 1u);
  ResendOrder once_more = Of({1});
  once_more.max_parked = store_.parked.size();
  EXPECT_EQ(*Resend(once_more), 0u) << "there is no room for more";
}

TEST_F(ResendTest, ADisabledDestinationKeepsItOrRefuses) {
  PublishAll(1);
  const LaneOrder disable{.place = 0, .tenant = "t", .name = "a", .command = LaneCommand::kDisable};
  dispatcher_->Command(disable, [](const absl::Status& status) { EXPECT_TRUE(status.ok()); });
  RunFor(seconds(1));
  ASSERT_TRUE(Resend(Of({1})).ok());
  RunFor(hours(1));
  EXPECT_EQ(ended_.size(), 1u);
  EXPECT_EQ(store_.parked.size(), 1u);
  LaneOrder enable = disable;
  enable.command = LaneCommand::kEnable;
  dispatcher_->Command(enable, [](const absl::Status& status) { EXPECT_TRUE(status.ok()); });
  RunFor(seconds(1));
  EXPECT_EQ(ended_.size(), 2u);
  a_.disabling.drop_deliveries = true;
  ASSERT_TRUE(SetTable({a_}).ok());
  dispatcher_->Command(disable, [](const absl::Status& status) { EXPECT_TRUE(status.ok()); });
  RunFor(seconds(1));
  EXPECT_TRUE(absl::IsFailedPrecondition(Resend(Of({1})).status()));
  ResendOrder nobody = Of({1});
  nobody.name = "b";
  EXPECT_TRUE(absl::IsNotFound(Resend(nobody).status()));
  nobody.place = 7;
  EXPECT_TRUE(absl::IsNotFound(Resend(nobody).status()));
}

TEST_F(ResendTest, HowOldItsEventIsDoesNotMakeItLate) {
  PublishAll(1);
  ASSERT_EQ(Read(metrics_.shard->first_attempt).count, 1u);
  RunFor(hours(20));
  ASSERT_TRUE(Resend(Of({1})).ok());
  RunFor(seconds(1));
  EXPECT_EQ(ended_.size(), 2u);
  EXPECT_EQ(Read(metrics_.shard->first_attempt).count, 1u);
}

}  // namespace
}  // namespace carillon::delivery
