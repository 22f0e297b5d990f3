#include "pace.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

namespace carillon::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class PaceTest : public testing::Test {
 protected:
  PaceTest() {
    destination_.concurrency = 16;
    destination_.retry.retry_after_cap = minutes(10);
    destination_.breaker.reset();
  }
  void Bind() { pace_.Bind(destination_, now_); }
  void UseBreaker(std::chrono::milliseconds delay) {
    destination_.breaker.emplace();
    destination_.breaker->consecutive_failures = 1;
    destination_.breaker->delay = delay;
    destination_.breaker->max_delay = delay;
  }
  policy::Breaker::Change End(model::Outcome outcome, uint16_t status = 0) {
    http::Response response;
    response.wire = outcome;
    response.status = status;
    response.started = now_;
    response.ended = now_;
    return pace_.OnEnd(outcome, response, 1, random_);
  }
  std::chrono::nanoseconds Wait() const { return pace_.WakeAt().value_or(now_) - now_; }

  model::Destination destination_;
  base::MonoTime now_{std::chrono::hours(1)};
  base::SeededRandom random_{7};
  Pace pace_;
};

TEST_F(PaceTest, StrictOrderSendsOneAtATime) {
  Bind();
  EXPECT_EQ(pace_.Limit(), 16u);
  destination_.order.by = model::Ordering::kStrict;
  Bind();
  EXPECT_EQ(pace_.Limit(), 1u);
}

TEST_F(PaceTest, AnAdaptiveLimitKeepsToTheConcurrency) {
  destination_.adaptive = true;
  Bind();
  http::Response response;
  for (int i = 0; i < 1'000; ++i) {
    now_ += milliseconds(10);
    response.started = now_ - milliseconds(10);
    response.ended = now_;
    pace_.OnEnd(model::Outcome::kSuccess, response, pace_.Limit(), random_);
  }
  ASSERT_GT(pace_.Limit(), 2u);
  destination_.concurrency = 2;
  Bind();
  EXPECT_LE(pace_.Limit(), 2u);
}

TEST_F(PaceTest, ALongerPauseStays) {
  Bind();
  pace_.Pause(now_ + seconds(30));
  pace_.Pause(now_ + seconds(10));
  EXPECT_EQ(Wait(), seconds(30));
  pace_.Pause(now_ + seconds(40));
  EXPECT_EQ(Wait(), seconds(40));
  EXPECT_FALSE(pace_.Wake(now_ + seconds(39)).pause);
  EXPECT_TRUE(pace_.Blocked());
  EXPECT_TRUE(pace_.Wake(now_ + seconds(40)).pause);
  EXPECT_FALSE(pace_.Blocked());
}

TEST_F(PaceTest, AShorterCapShortensAPause) {
  Bind();
  pace_.Pause(now_ + minutes(10));
  destination_.retry.retry_after_cap = seconds(5);
  Bind();
  EXPECT_EQ(Wait(), minutes(1)) << "a pause of our own may be as long";
  destination_.retry.retry_after_cap = minutes(10);
  Bind();
  EXPECT_EQ(Wait(), minutes(1)) << "a longer one lengthens nothing";
}

TEST_F(PaceTest, AShorterDelayShortensAnOpenBreakerAndNoneClosesIt) {
  UseBreaker(minutes(5));
  Bind();
  EXPECT_EQ(End(model::Outcome::kReset), policy::Breaker::Change::kOpened);
  EXPECT_GT(Wait(), minutes(3));
  destination_.breaker->delay = destination_.breaker->max_delay = seconds(2);
  Bind();
  EXPECT_EQ(Wait(), seconds(2));
  destination_.breaker.reset();
  Bind();
  EXPECT_FALSE(pace_.Blocked());
  EXPECT_EQ(pace_.Limit(), 16u);
  UseBreaker(minutes(5));
  Bind();
  EXPECT_FALSE(pace_.open()) << "one that comes back is closed";
}

TEST_F(PaceTest, WakesWhenBothPauseAndBreakerAreOver) {
  UseBreaker(seconds(1));
  Bind();
  End(model::Outcome::kReset);
  pace_.Pause(now_ + seconds(20));
  EXPECT_EQ(Wait(), seconds(20));
  UseBreaker(minutes(5));
  Bind();
  now_ += seconds(20);
  pace_.Wake(now_);
  End(model::Outcome::kReset);
  pace_.Pause(now_ + seconds(20));
  EXPECT_GT(Wait(), minutes(3));
}

TEST_F(PaceTest, AnotherRateIsAskedAnew) {
  destination_.rate = {0.01, 1};
  Bind();
  EXPECT_TRUE(pace_.RateAllows(now_));
  pace_.OnStart(now_);
  EXPECT_FALSE(pace_.RateAllows(now_));
  EXPECT_TRUE(pace_.Blocked());
  destination_.rate.reset();
  Bind();
  EXPECT_FALSE(pace_.Blocked());
}

TEST_F(PaceTest, AnotherBudgetIsAskedAnew) {
  destination_.retry.budget = {.ratio = 0, .min_per_second = 0.01};
  Bind();
  while (pace_.TakeRetry(now_)) {
  }
  EXPECT_TRUE(pace_.NoRetry());
  Bind();
  EXPECT_FALSE(pace_.NoRetry());
}

TEST_F(PaceTest, ShortagesDoubleThePauseUntilAnAttemptIsMade) {
  Bind();
  const auto shortage = [this] {
    const milliseconds wait = pace_.OnShortage(false, now_, random_);
    EXPECT_EQ(pace_.OnShortage(false, now_, random_), wait) << "the same shortage";
    now_ += wait;
    pace_.Wake(now_);
    EXPECT_FALSE(pace_.Blocked());
    return wait;
  };
  for (const int least : {50, 100, 200, 400, 800, 1600, 2500, 2500}) {
    const milliseconds wait = shortage();
    EXPECT_GE(wait, milliseconds(least));
    EXPECT_LE(wait, milliseconds(2 * least + 1));
  }
  End(model::Outcome::kSuccess, 200);
  EXPECT_LE(shortage(), milliseconds(101));
}

TEST_F(PaceTest, ARetryThatWasNotMadeCostsNoToken) {
  destination_.retry.budget = {.ratio = 0, .min_per_second = 1};
  Bind();
  now_ += minutes(1);
  ASSERT_TRUE(pace_.TakeRetry(now_));
  const double left = pace_.retries();
  pace_.OnShortage(/*retry=*/false, now_, random_);
  EXPECT_DOUBLE_EQ(pace_.retries(), left);
  pace_.OnShortage(/*retry=*/true, now_, random_);
  EXPECT_DOUBLE_EQ(pace_.retries(), left + 1);
}

TEST_F(PaceTest, APauseForAShortageIsNotOneThatWasAskedFor) {
  Bind();
  const milliseconds wait = pace_.OnShortage(false, now_, random_);
  EXPECT_TRUE(pace_.OnlyShort());
  EXPECT_FALSE(pace_.Wake(now_ + wait).pause);
  now_ += wait;
  pace_.Pause(now_ + seconds(1));
  EXPECT_FALSE(pace_.OnlyShort());
  EXPECT_TRUE(pace_.Wake(now_ + seconds(1)).pause);
}

}  // namespace
}  // namespace carillon::delivery
