// Another owner has the shard: nothing is started any more, and nothing more is told.

#include <gmock/gmock.h>

#include "dispatcher_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class DeposedTest : public DispatcherTest {
 protected:
  DeposedTest() {
    options_.on_unsettled = [this](const absl::Status& why) { told_.push_back(why.code()); };
    Create();
  }

  std::vector<absl::StatusCode> told_;
};

TEST_F(DeposedTest, NothingIsStartedAndItIsToldOnce) {
  ASSERT_TRUE(SetTable({Named("a")}).ok());
  Publish("1");
  RunFor(seconds(1));
  EXPECT_EQ(store_.delivered.size(), 1u);
  journal_->Take(options_.shard);
  Publish("2");
  RunFor(seconds(1));
  EXPECT_THAT(told_, ElementsAre(absl::StatusCode::kAborted));
  Publish("3");
  RunFor(seconds(10));
  EXPECT_THAT(ended_, ElementsAre("a 1", "a 2")) << "it did not know before it settled that";
  EXPECT_EQ(store_.delivered.size(), 1u) << "that is for the next owner to settle";
  EXPECT_EQ(told_.size(), 1u);
}

TEST_F(DeposedTest, WhatIsInFlightEndsWithoutATrace) {
  end_.after = seconds(5);
  auto destination = Named("a");
  destination.breaker.emplace();
  destination.retry.delays.clear();
  ASSERT_TRUE(SetTable({destination, Named("b")}).ok());
  Publish("1");
  RunFor(seconds(1));
  EXPECT_EQ(courier_.flights.size(), 2u);
  journal_->Take(options_.shard);
  throttled_ = "none";  // all others answer at once
  Publish("2");
  RunFor(seconds(1));
  ASSERT_EQ(told_.size(), 1u);
  courier_.CancelAll();
  RunFor(milliseconds(10));
  EXPECT_TRUE(courier_.flights.empty());
  EXPECT_TRUE(store_.settled.empty());
  EXPECT_TRUE(store_.parked.empty());
  EXPECT_THAT(observer_.said, IsEmpty()) << "the next owner makes the attempt again";
  EXPECT_EQ(metrics_.lanes["t/a"]->dead, 0u);
}

TEST_F(DeposedTest, ItIsDrainedWhenNothingIsInFlight) {
  end_.after = seconds(5);
  ASSERT_TRUE(SetTable({Named("a")}).ok());
  Publish("1");
  RunFor(seconds(1));
  journal_->Take(options_.shard);
  bool drained = false;
  dispatcher_->Drain([&drained] { drained = true; });
  RunFor(seconds(1));
  EXPECT_FALSE(drained);
  RunFor(seconds(20));
  EXPECT_TRUE(drained) << "its outcomes will never be durable";
  EXPECT_THAT(told_, ElementsAre(absl::StatusCode::kAborted));
}

TEST_F(DeposedTest, AStoreThatFailedIsNoOtherOwner) {
  end_.after = seconds(2);
  ASSERT_TRUE(SetTable({Named("a")}).ok());
  Publish("1");
  RunFor(seconds(1));
  journal_->Fail();
  RunFor(seconds(5));
  EXPECT_THAT(told_, ElementsAre(absl::StatusCode::kUnavailable));
  bool drained = false;
  dispatcher_->Drain([&drained] { drained = true; });
  RunFor(seconds(20));
  EXPECT_FALSE(drained) << "what it settled is not known";
}

TEST_F(DeposedTest, ItsFiguresAreSetBack) {
  courier_.counts = {.connecting = 1, .busy = 2, .idle = 3};
  dispatcher_->PublishGauges();
  const auto figures = metrics_.shard;
  EXPECT_EQ(figures->connections[1], 2);
  executor_.Clear();
  dispatcher_.reset();
  for (const auto& connections : figures->connections) EXPECT_EQ(connections, 0);
  EXPECT_EQ(figures->retry_due_ns, metrics::ShardMetrics::kNothingDue);
}

}  // namespace
}  // namespace carillon::delivery
