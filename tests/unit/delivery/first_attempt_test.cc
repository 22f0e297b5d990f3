// How late Carillon itself is with first attempts.

#include "figures_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FirstAttemptTest : public FiguresTest {};

TEST_F(FirstAttemptTest, AFirstAttemptIsObservedOnceAndRetriesAreNot) {
  a_.retry.delays = {seconds(3), seconds(3)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(20));
  EXPECT_EQ(ended_.size(), 3u);
  ExpectOnTime(1);
}

TEST_F(FirstAttemptTest, WhatWaitsForASlowReceiverIsNotLate) {
  a_.concurrency = 2;
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.after = seconds(2);
  PublishMany(10);
  RunFor(seconds(30));
  ExpectOnTime(10);
}

TEST_F(FirstAttemptTest, NorWhatWaitsInOrder) {
  a_.order.by = model::Ordering::kKey;
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.after = seconds(2);
  PublishMany(5, "k");
  PublishMany(1, "l");
  RunFor(seconds(30));
  EXPECT_EQ(ended_.size(), 6u);
  ExpectOnTime(6);
}

TEST_F(FirstAttemptTest, NorWhatWaitsBehindARetryInOrder) {
  a_.order.by = model::Ordering::kStrict;
  a_.retry.delays = {seconds(30)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(4);
  RunFor(seconds(1));
  end_ = {};
  RunFor(seconds(60));
  EXPECT_EQ(ended_.size(), 5u);
  ExpectOnTime(4);
}

TEST_F(FirstAttemptTest, NorWhatTheRateHoldsBack) {
  a_.rate = {.per_second = 1, .burst = 1};
  ASSERT_TRUE(SetTable({a_}).ok());
  PublishMany(10);
  RunFor(seconds(30));
  ExpectOnTime(10);
}

TEST_F(FirstAttemptTest, NorWhatABreakerOrAPauseHoldsBack) {
  a_.breaker = {.consecutive_failures = 1, .delay = seconds(10), .max_delay = seconds(10)};
  a_.concurrency = 1;
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(1));
  end_ = {.status = 429, .retry_after = "30"};
  PublishMany(3);
  RunFor(seconds(20));
  end_ = {};
  RunFor(seconds(60));
  EXPECT_EQ(First().count, 4u);
  ExpectOnTime(4);
}

TEST_F(FirstAttemptTest, NorABatchThatFills) {
  a_.format = model::Format::kCloudEventsBatch;
  a_.batch = {.max_events = 3, .max_wait = seconds(5)};
  ASSERT_TRUE(SetTable({a_}).ok());
  PublishMany(1);
  RunFor(seconds(10));
  ExpectOnTime(1);
  PublishMany(1);
  RunFor(seconds(4));
  PublishMany(2);
  RunFor(seconds(1));
  ExpectOnTime(2);
}

TEST_F(FirstAttemptTest, NorWhatWaitedForADestinationThatWasSwitchedOff) {
  a_.enabled = false;
  ASSERT_TRUE(SetTable({a_}).ok());
  PublishMany(2);
  RunFor(seconds(100));
  a_.enabled = true;
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(10));
  ExpectOnTime(2);
}

TEST_F(FirstAttemptTest, WhatWaitsForTheCapOfAllIsLate) {
  options_.caps = std::make_shared<policy::InFlightCaps>(1, 1);
  Create();
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.after = seconds(5);
  PublishMany(2);
  RunFor(seconds(20));
  EXPECT_EQ(First().count, 2u);
  EXPECT_GT(First().seconds, 4.9);
}

TEST_F(FirstAttemptTest, WhatThisMachineWasShortOfIsLate) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_ = {.wire = model::Outcome::kLocalShortage, .status = 0};
  PublishMany(1);
  RunFor(seconds(20));
  EXPECT_GT(ended_.size(), 5u);
  EXPECT_EQ(First().count, 0u) << "nothing was tried";
  end_ = {};
  RunFor(seconds(10));
  EXPECT_EQ(store_.delivered.size(), 1u);
  EXPECT_EQ(First().count, 1u);
  EXPECT_GT(First().seconds, 19);
}

TEST_F(FirstAttemptTest, SoIsWhatWaitsBehindAPauseForThat) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_ = {.wire = model::Outcome::kLocalShortage, .status = 0};
  PublishMany(1);
  const base::MonoTime first = clock_.Mono();
  RunFor(seconds(20));
  StepUntilEnds(ended_.size() + 1);
  end_ = {};
  PublishMany(1);
  const base::MonoTime second = clock_.Mono();
  StepUntilEnds(ended_.size() + 1);
  const base::MonoTime started = clock_.Mono();
  EXPECT_GT(started - second, seconds(2));
  RunFor(seconds(1));
  const auto late = (started - first) + (started - second);
  EXPECT_EQ(First().count, 2u);
  EXPECT_NEAR(First().seconds, std::chrono::duration<double>(late).count(), 0.1);
}

TEST_F(FirstAttemptTest, WhatOthersOvertookThoughItsTurnHadComeIsLateToo) {
  a_.concurrency = 1;
  ASSERT_TRUE(SetTable({a_}).ok());
  end_ = {.wire = model::Outcome::kLocalShortage, .status = 0};
  PublishMany(1);
  StepUntilEnds(1);
  end_ = {.after = seconds(3)};
  PublishMany(2);  // what is new comes before what was tried
  StepUntilEnds(4);
  EXPECT_EQ(ended_.back(), "a e0");
  EXPECT_EQ(First().count, 3u);
  EXPECT_GT(First().seconds, 6);
}

TEST_F(FirstAttemptTest, WhatANewLimitLetsGoIsNotLate) {
  a_.concurrency = 1;
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.after = seconds(1000);
  PublishMany(4);
  RunFor(seconds(100));
  EXPECT_EQ(First().count, 0u) << "observed when it ends";
  a_.concurrency = 4;
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(2000));
  ExpectOnTime(4);
}

TEST_F(FirstAttemptTest, NorIsWhatARateHeldThatIsTakenAway) {
  a_.rate = {.per_second = 0.001, .burst = 1};
  ASSERT_TRUE(SetTable({a_}).ok());
  PublishMany(4);
  RunFor(seconds(100));
  EXPECT_EQ(ended_.size(), 1u);
  a_.rate.reset();
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(1));
  ExpectOnTime(4);
}

TEST_F(FirstAttemptTest, SoIsTheTimeInWhichTheProcessWasDown) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.after = seconds(1000);
  PublishMany(1);
  RunFor(seconds(1));
  executor_.Clear();
  courier_.flights.clear();
  dispatcher_.reset();
  end_ = {};
  clock_.Advance(seconds(50));
  Create();
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(5));
  EXPECT_EQ(First().count, 1u);
  EXPECT_GT(First().seconds, 50);
}

}  // namespace
}  // namespace carillon::delivery
