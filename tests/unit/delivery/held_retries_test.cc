// What holds retries back, how late the retry timer is, breakers.

#include "figures_support.h"

namespace carillon::delivery {
namespace {

using metrics::BreakerState;
using metrics::DeferredBy;
using std::chrono::milliseconds;
using std::chrono::seconds;

class HeldRetriesTest : public FiguresTest {};

TEST_F(HeldRetriesTest, ABreakerHoldsRetriesAndItsChangesAreCounted) {
  a_.retry.delays = {seconds(2), seconds(2), seconds(2)};
  a_.concurrency = 1;
  a_.breaker = {.consecutive_failures = 1, .delay = seconds(10), .max_delay = seconds(10)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(15));  // the probe fails, too
  EXPECT_EQ(Held(DeferredBy::kBreaker), 1u);
  EXPECT_EQ(Became(BreakerState::kOpen), 2u);
  EXPECT_EQ(Became(BreakerState::kHalfOpen), 1u);
  EXPECT_EQ(Became(BreakerState::kClosed), 0u);
  end_ = {};
  RunFor(seconds(15));
  EXPECT_EQ(Held(DeferredBy::kBreaker), 2u);
  EXPECT_EQ(Became(BreakerState::kOpen), 2u);
  EXPECT_EQ(Became(BreakerState::kHalfOpen), 2u);
  EXPECT_EQ(Became(BreakerState::kClosed), 1u);
  EXPECT_EQ(HeldInAll(), 2u);
}

TEST_F(HeldRetriesTest, ABreakerThatIsTakenAwayWhileItIsOpenIsClosed) {
  a_.breaker = {.consecutive_failures = 1, .delay = seconds(100), .max_delay = seconds(100)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(1));
  EXPECT_EQ(Became(BreakerState::kOpen), 1u);
  a_.breaker.reset();
  ASSERT_TRUE(SetTable({a_}).ok());
  EXPECT_EQ(Became(BreakerState::kClosed), 1u);
  EXPECT_EQ(Became(BreakerState::kHalfOpen), 0u);
}

TEST_F(HeldRetriesTest, APauseThatTheReceiverAskedForHoldsRetriesOneOfOursDoesNot) {
  a_.retry.delays = {seconds(2)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(1));
  end_ = {.status = 429, .retry_after = "30"};
  PublishMany(1);
  RunFor(seconds(1));
  end_ = {};
  RunFor(seconds(60));
  EXPECT_EQ(Held(DeferredBy::kPause), 1u);
  EXPECT_EQ(HeldInAll(), 1u);
  end_ = {.wire = model::Outcome::kLocalShortage, .status = 0};
  PublishMany(1);
  RunFor(seconds(20));
  EXPECT_EQ(HeldInAll(), 1u);
}

TEST_F(HeldRetriesTest, WhatIsNotDueYetIsNotHeld) {
  a_.retry.delays = {seconds(1000)};
  a_.breaker = {.consecutive_failures = 1, .delay = seconds(10), .max_delay = seconds(10)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(100));
  EXPECT_EQ(Became(BreakerState::kHalfOpen), 1u);
  EXPECT_EQ(HeldInAll(), 0u);
}

TEST_F(HeldRetriesTest, EnablingADestinationClosesItsBreaker) {
  a_.breaker = {.consecutive_failures = 1, .delay = seconds(1000), .max_delay = seconds(1000)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(1));
  EXPECT_EQ(Became(BreakerState::kOpen), 1u);
  a_.enabled = false;
  ASSERT_TRUE(SetTable({a_}).ok());
  EXPECT_EQ(Became(BreakerState::kClosed), 0u);
  a_.enabled = true;
  ASSERT_TRUE(SetTable({a_}).ok());
  EXPECT_EQ(Became(BreakerState::kClosed), 1u);
}

TEST_F(HeldRetriesTest, TheBudgetHoldsRetriesOnceUntilOneGoes) {
  a_.retry.delays = {seconds(1)};
  a_.retry.budget = {.ratio = 0, .min_per_second = 1e-6};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(20);
  RunFor(seconds(30));
  EXPECT_EQ(ended_.size(), 20u) << "no retry";
  EXPECT_EQ(Held(DeferredBy::kBudget), 1u);
  EXPECT_FALSE(Overdue()) << "the budget";
  end_ = {};
  for (int i = 0; i < 50; ++i) {  // first attempts make the lane look again
    PublishMany(5);
    RunFor(milliseconds(100));
  }
  EXPECT_EQ(Held(DeferredBy::kBudget), 1u);
  a_.retry.budget = {};
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(60));
  EXPECT_EQ(store_.delivered.size(), 270u);
  EXPECT_EQ(HeldInAll(), Held(DeferredBy::kBudget));
}

TEST_F(HeldRetriesTest, TheRateHoldsRetries) {
  a_.retry.delays = {milliseconds(100)};
  a_.retry.budget = {.ratio = 1, .min_per_second = 100};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(3);
  RunFor(milliseconds(50));
  EXPECT_EQ(HeldInAll(), 0u);
  a_.rate = {.per_second = 0.2, .burst = 1};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_ = {};
  RunFor(seconds(30));
  EXPECT_EQ(store_.delivered.size(), 3u);
  EXPECT_GE(Held(DeferredBy::kRate), 2u);
  EXPECT_EQ(HeldInAll(), Held(DeferredBy::kRate));
}

TEST_F(HeldRetriesTest, ARetryIsOverdueWhenTheThreadDoesNotComeToIt) {
  a_.retry.delays = {seconds(10)};
  ASSERT_TRUE(SetTable({a_}).ok());
  EXPECT_FALSE(Overdue());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(5));
  ASSERT_TRUE(Overdue());
  EXPECT_NEAR(*Overdue(), -5, 0.1);
  clock_.Advance(seconds(20));
  EXPECT_NEAR(*Overdue(), 15, 0.1);
  while (ended_.size() < 2) {  // also while the journal is asked for it
    const auto overdue = Overdue();
    if (courier_.flights.empty()) {
      ASSERT_TRUE(overdue);
      EXPECT_NEAR(*overdue, 15, 0.5);
    }
    ASSERT_TRUE(executor_.Step());
  }
  EXPECT_FALSE(Overdue());
}

TEST_F(HeldRetriesTest, ARetryThatSomethingElseHoldsIsNotOverdue) {
  a_.retry.delays = {seconds(2)};
  a_.breaker = {.consecutive_failures = 1, .delay = seconds(100), .max_delay = seconds(100)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(50));
  EXPECT_EQ(ended_.size(), 1u);
  EXPECT_FALSE(Overdue()) << "the breaker is open";

  a_.breaker.reset();
  a_.rate = {.per_second = 0.001, .burst = 1};
  end_ = {};
  PublishMany(1);  // takes what the rate allows
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(10));
  EXPECT_FALSE(Overdue()) << "the rate";

  a_.rate.reset();
  a_.concurrency = 1;
  end_ = {.after = seconds(1000)};
  PublishMany(1);
  RunFor(seconds(1));
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(10));
  ASSERT_EQ(courier_.flights.size(), 1u);
  EXPECT_EQ(courier_.flights.begin()->second.event_id, "e2") << "what is new goes first";
  EXPECT_FALSE(Overdue()) << "its limit";
}

TEST_F(HeldRetriesTest, NoneIsOverdueWhereNothingIsStartedAnyMore) {
  a_.retry.delays = {seconds(10)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(1));
  EXPECT_TRUE(Overdue());
  dispatcher_->Drain([] {});
  RunFor(seconds(1));
  EXPECT_FALSE(Overdue());
}

TEST_F(HeldRetriesTest, NorIsOneThatTheBudgetHeldWhileTheJournalIsAskedForIt) {
  a_.retry.delays = {seconds(1)};
  a_.retry.budget = {.ratio = 0, .min_per_second = 1};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(60);
  const base::MonoTime start = clock_.Mono();
  RunFor(milliseconds(500));
  end_ = {};
  double most = 0;
  while (store_.delivered.size() < 60) {
    if (const auto overdue = Overdue()) most = std::max(most, *overdue);
    ASSERT_TRUE(executor_.Step());
  }
  EXPECT_GT(clock_.Mono() - start, seconds(40)) << "the budget held them";
  EXPECT_LT(most, 2);
}

TEST_F(HeldRetriesTest, ARetryThatWaitsForWhatThisMachineIsShortOfIsOverdue) {
  a_.retry.delays = {seconds(25)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(1));
  end_ = {.wire = model::Outcome::kLocalShortage, .status = 0};
  PublishMany(1);
  RunFor(seconds(22));
  const base::MonoTime until = clock_.Mono() + seconds(8);
  double most = 0;
  while (clock_.Mono() < until && executor_.Step()) {
    if (const auto overdue = Overdue()) most = std::max(most, *overdue);
  }
  EXPECT_GT(most, 0.2);
  EXPECT_LT(most, 5.1);
}

TEST_F(HeldRetriesTest, ARetryIsNoLaterThanTheEndOfWhatHeldIt) {
  a_.retry.delays = {seconds(2)};
  a_.breaker = {.consecutive_failures = 1, .delay = seconds(100), .max_delay = seconds(100)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(10));
  const base::MonoTime start = clock_.Mono();
  while (ended_.size() < 2) {
    const auto overdue = Overdue();
    if (overdue && courier_.flights.empty()) EXPECT_LT(*overdue, 1);
    ASSERT_TRUE(executor_.Step());
  }
  EXPECT_GT(clock_.Mono() - start, seconds(60));
}

}  // namespace
}  // namespace carillon::delivery
