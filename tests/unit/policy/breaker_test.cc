#include "carillon/policy/breaker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <utility>

namespace carillon::policy {
namespace {

using model::Outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Change = Breaker::Change;

constexpr size_t kFull = 32;

/// A breaker at a receiver whose answers the test gives, one second apart.
class BreakerTest : public testing::Test {
 protected:
  Change End(Outcome outcome, size_t full = kFull) {
    const base::MonoTime started = now_;
    now_ += seconds(1);
    return breaker_.OnResult(policy_, outcome, full, started, now_, random_);
  }
  Change EndStale(Outcome outcome) {
    return breaker_.OnResult(policy_, outcome, kFull, now_ - std::chrono::hours(1), now_, random_);
  }
  Change Open() {
    Change change = Change::kNone;
    for (int i = 0; i < 10; ++i) change = End(Outcome::kReset);
    return change;
  }
  void SleepUntilProbe() {
    now_ = breaker_.OpenUntil().value();
    breaker_.Wake(now_);
  }
  /// How long it is open for.
  double OpenSeconds() const {
    return std::chrono::duration<double>(breaker_.OpenUntil().value() - now_).count();
  }

  // The window is too short for the rate to count unless a test says otherwise.
  model::Breaker policy_{
      .min_attempts = 1000, .delay = seconds(10), .max_delay = std::chrono::minutes(5)};
  base::MonoTime now_{std::chrono::hours(1)};
  base::SeededRandom random_{7};
  Breaker breaker_;
};

TEST_F(BreakerTest, OpensAfterFailuresInARowAndNotBefore) {
  for (int i = 0; i < 9; ++i) EXPECT_EQ(End(Outcome::kHttp5xx), Change::kNone);
  EXPECT_EQ(End(Outcome::kSuccess), Change::kNone);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(End(Outcome::kHttp5xx), Change::kNone);
  EXPECT_EQ(breaker_.Limit(kFull), kFull);
  EXPECT_FALSE(breaker_.OpenUntil());
  EXPECT_EQ(End(Outcome::kHttp5xx), Change::kOpened);
  EXPECT_TRUE(breaker_.open());
  EXPECT_EQ(breaker_.Limit(kFull), 0u);
}

TEST_F(BreakerTest, OnlyTroubleOfTheReceiverCounts) {
  for (int i = 0; i < model::kOutcomeCount; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    const bool fine = outcome == Outcome::kSuccess || outcome == Outcome::kHttp4xx ||
                      outcome == Outcome::kCancelled || outcome == Outcome::kLocalShortage;
    EXPECT_EQ(IsTrouble(outcome), !fine) << model::OutcomeName(outcome);
    breaker_.Reset(now_);
    Change last = Change::kNone;
    for (int n = 0; n < 10; ++n) last = End(outcome);
    EXPECT_EQ(last == Change::kOpened, !fine) << model::OutcomeName(outcome);
  }
}

TEST_F(BreakerTest, ACancelledAttemptSaysNothing) {
  for (int i = 0; i < 9; ++i) End(Outcome::kReset);
  EXPECT_EQ(End(Outcome::kCancelled), Change::kNone);
  EXPECT_EQ(End(Outcome::kReset), Change::kOpened) << "the row was not broken";
  SleepUntilProbe();
  EXPECT_EQ(End(Outcome::kCancelled), Change::kNone);
  EXPECT_EQ(breaker_.Limit(kFull), 1u) << "the next is the probe";
}

TEST_F(BreakerTest, AShortageOfThisMachineSaysNothing) {
  for (int i = 0; i < 9; ++i) End(Outcome::kReset);
  EXPECT_EQ(End(Outcome::kLocalShortage), Change::kNone);
  EXPECT_EQ(End(Outcome::kReset), Change::kOpened) << "the row was not broken";
  SleepUntilProbe();
  EXPECT_EQ(End(Outcome::kLocalShortage), Change::kNone);
  EXPECT_EQ(breaker_.Limit(kFull), 1u) << "the next is the probe";
}

TEST_F(BreakerTest, StaysOpenUntilItsTime) {
  Open();
  const base::MonoTime until = breaker_.OpenUntil().value();
  EXPECT_GE(OpenSeconds(), 8);
  EXPECT_LE(OpenSeconds(), 10);
  breaker_.Wake(until - milliseconds(1));
  EXPECT_EQ(breaker_.Limit(kFull), 0u);
  breaker_.Wake(until);
  EXPECT_EQ(breaker_.Limit(kFull), 1u);
  EXPECT_FALSE(breaker_.OpenUntil());
}

TEST_F(BreakerTest, AnotherPolicyShortensItsTimeAndNeverLengthensIt) {
  Open();
  policy_.max_delay = seconds(2);
  breaker_.Shorten(policy_, now_);
  EXPECT_DOUBLE_EQ(OpenSeconds(), 2);
  policy_.max_delay = std::chrono::minutes(5);
  breaker_.Shorten(policy_, now_);
  EXPECT_DOUBLE_EQ(OpenSeconds(), 2);
}

TEST_F(BreakerTest, SuccessRampsTheLimitUpByDoubling) {
  Open();
  SleepUntilProbe();
  for (const size_t limit : {2, 4, 8, 16}) {
    EXPECT_EQ(End(Outcome::kSuccess), Change::kNone);
    EXPECT_EQ(breaker_.Limit(kFull), limit);
    EXPECT_FALSE(breaker_.closed());
  }
  EXPECT_EQ(End(Outcome::kHttp4xx), Change::kRecovered);
  EXPECT_EQ(breaker_.Limit(kFull), kFull);
  EXPECT_TRUE(breaker_.closed());
  EXPECT_EQ(End(Outcome::kSuccess), Change::kNone) << "recovered once";
}

TEST_F(BreakerTest, AFullLimitOfOneRecoversWithTheProbe) {
  Open();
  SleepUntilProbe();
  EXPECT_EQ(End(Outcome::kSuccess, 1), Change::kRecovered);
  EXPECT_EQ(breaker_.Limit(1), 1u);
}

TEST_F(BreakerTest, TheLimitIsNeverMoreThanTheFullOne) {
  Open();
  SleepUntilProbe();
  End(Outcome::kSuccess);
  End(Outcome::kSuccess);
  EXPECT_EQ(breaker_.Limit(kFull), 4u);
  EXPECT_EQ(breaker_.Limit(3), 3u);
}

TEST_F(BreakerTest, IsOpenForATenthOfTheOutageUpToTheGreatest) {
  const base::MonoTime first = now_ + seconds(1);  // the end of the first failure
  EXPECT_EQ(Open(), Change::kOpened);
  for (int i = 0; i < 100; ++i) {
    SleepUntilProbe();
    const std::chrono::duration<double> outage = now_ - first;
    EXPECT_EQ(End(Outcome::kConnectRefused), Change::kOpened);
    const double expected = std::clamp(outage.count() / 10, 10.0, 300.0);
    EXPECT_GE(OpenSeconds(), expected * 0.8);
    EXPECT_LE(OpenSeconds(), expected);
  }
  EXPECT_GE(OpenSeconds(), 240) << "long enough to have seen all of it";
  SleepUntilProbe();
  while (!breaker_.closed()) End(Outcome::kSuccess);
  Open();
  EXPECT_LE(OpenSeconds(), 10) << "recovered: it begins anew";
}

TEST_F(BreakerTest, AProbeThatTimesOutMakesTheNextWaitNoLonger) {
  Open();
  SleepUntilProbe();
  const base::MonoTime started = now_;
  now_ += std::chrono::hours(1);
  breaker_.OnResult(policy_, Outcome::kResponseTimeout, kFull, started, now_, random_);
  EXPECT_LE(OpenSeconds(), 10) << "it says that the receiver was down when it started";
}

TEST_F(BreakerTest, TheFirstFailuresMayEndInAnyOrder) {
  for (int i = 0; i < 10; ++i) {
    breaker_.OnResult(policy_, Outcome::kReset, kFull, now_ - seconds(i), now_, random_);
  }
  EXPECT_GE(OpenSeconds(), 8);
  EXPECT_LE(OpenSeconds(), 10);
}

TEST_F(BreakerTest, WhatWasNotTriedIsNoOutage) {
  policy_.delay = seconds(1);
  Open();
  for (int i = 0; i < 100; ++i) {
    SleepUntilProbe();
    End(Outcome::kReset);
  }
  EXPECT_GE(OpenSeconds(), 100);
  SleepUntilProbe();
  now_ += policy_.max_delay;  // there is nothing to send for so long
  End(Outcome::kReset);
  EXPECT_GE(OpenSeconds(), 100) << "not longer than it may be open";
  SleepUntilProbe();
  now_ += policy_.max_delay + milliseconds(1);
  End(Outcome::kReset);
  EXPECT_LE(OpenSeconds(), 1);
}

TEST_F(BreakerTest, FailuresInARowWithLongPausesAreNoOutage) {
  policy_.delay = seconds(1);
  Change last = Change::kNone;
  for (int i = 0; i < 10; ++i) {
    now_ += std::chrono::hours(1);
    last = End(Outcome::kReset);
  }
  EXPECT_EQ(last, Change::kOpened);
  EXPECT_LE(OpenSeconds(), 1);
}

TEST_F(BreakerTest, DelaysAreSpread) {
  double least = 100;
  double most = 0;
  for (int i = 0; i < 1000; ++i) {
    breaker_.Reset(now_);
    Open();
    least = std::min(least, OpenSeconds());
    most = std::max(most, OpenSeconds());
  }
  EXPECT_NEAR(least, 8, 0.1);
  EXPECT_NEAR(most, 10, 0.1);
  EXPECT_GE(least, 8);
  EXPECT_LE(most, 10);
}

TEST_F(BreakerTest, AFailureOnTheWayUpIsTheBeginningOfAnotherOutage) {
  Open();
  for (int i = 0; i < 100; ++i) {
    SleepUntilProbe();
    End(Outcome::kReset);
  }
  SleepUntilProbe();
  End(Outcome::kSuccess);
  End(Outcome::kSuccess);
  EXPECT_EQ(End(Outcome::kHttp429), Change::kOpened);
  EXPECT_EQ(breaker_.Limit(kFull), 0u);
  EXPECT_GE(OpenSeconds(), 8);
  EXPECT_LE(OpenSeconds(), 10);
  SleepUntilProbe();
  EXPECT_EQ(breaker_.Limit(kFull), 1u);
  End(Outcome::kSuccess);
  EXPECT_EQ(breaker_.Limit(kFull), 2u) << "the ramp begins anew";
}

TEST_F(BreakerTest, WhatStartedBeforeTheLastChangeSaysNothing) {
  Open();
  const base::MonoTime until = breaker_.OpenUntil().value();
  EXPECT_EQ(EndStale(Outcome::kReset), Change::kNone);
  EXPECT_EQ(EndStale(Outcome::kSuccess), Change::kNone);
  EXPECT_EQ(breaker_.OpenUntil().value(), until);
  SleepUntilProbe();
  EXPECT_EQ(EndStale(Outcome::kSuccess), Change::kNone);
  EXPECT_EQ(breaker_.Limit(kFull), 1u) << "not a probe";
  EXPECT_EQ(EndStale(Outcome::kReset), Change::kNone);
  EXPECT_EQ(breaker_.Limit(kFull), 1u) << "nor a probe that failed";
  End(Outcome::kSuccess);
  EXPECT_EQ(EndStale(Outcome::kReset), Change::kNone);
  EXPECT_EQ(breaker_.Limit(kFull), 2u);
  while (!breaker_.closed()) End(Outcome::kSuccess);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(EndStale(Outcome::kReset), Change::kNone);
}

TEST_F(BreakerTest, AProbeThatStartsAtTheInstantOfWakingCounts) {
  Open();
  SleepUntilProbe();
  EXPECT_EQ(breaker_.OnResult(policy_, Outcome::kSuccess, kFull, now_, now_, random_),
            Change::kNone);
  EXPECT_EQ(breaker_.Limit(kFull), 2u);
}

TEST_F(BreakerTest, AFailureRateOpensIt) {
  policy_ = {.consecutive_failures = 0, .failure_rate = 0.5, .min_attempts = 20};
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(End(Outcome::kSuccess), Change::kNone);
    EXPECT_EQ(End(Outcome::kReset), Change::kNone);
  }
  EXPECT_EQ(End(Outcome::kSuccess), Change::kNone) << "19 attempts";
  EXPECT_EQ(End(Outcome::kReset), Change::kOpened);
}

TEST_F(BreakerTest, ARecoveredOneForgetsWhatOpenedIt) {
  policy_.consecutive_failures = 0;
  policy_.failure_rate = 0.5;
  policy_.min_attempts = 4;
  policy_.window = std::chrono::hours(1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(End(Outcome::kReset), Change::kNone);
  EXPECT_EQ(End(Outcome::kReset), Change::kOpened);
  SleepUntilProbe();
  EXPECT_EQ(End(Outcome::kSuccess, /*full=*/1), Change::kRecovered);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(End(Outcome::kSuccess), Change::kNone);
  EXPECT_EQ(End(Outcome::kReset), Change::kNone) << "one of four";
}

TEST_F(BreakerTest, ALowerRateDoesNot) {
  policy_ = {.consecutive_failures = 0, .failure_rate = 0.5, .min_attempts = 20};
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(End(i % 5 < 2 ? Outcome::kReset : Outcome::kSuccess), Change::kNone);
  }
}

TEST_F(BreakerTest, TheWindowForgets) {
  policy_ = {.consecutive_failures = 0, .failure_rate = 0.5, .min_attempts = 20};
  for (int i = 0; i < 19; ++i) EXPECT_EQ(End(Outcome::kReset), Change::kNone);
  now_ += seconds(60);
  for (int i = 0; i < 19; ++i) EXPECT_EQ(End(Outcome::kReset), Change::kNone) << i;
  EXPECT_EQ(End(Outcome::kReset), Change::kOpened);
}

TEST_F(BreakerTest, NothingIsLookedAtWhereThePolicySaysSo) {
  policy_ = {.consecutive_failures = 0, .failure_rate = 2, .min_attempts = 1};
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(End(Outcome::kReset), Change::kNone);
}

TEST_F(BreakerTest, ResetClosesIt) {
  Open();
  breaker_.Reset(now_);
  EXPECT_EQ(breaker_.Limit(kFull), kFull);
  EXPECT_EQ(EndStale(Outcome::kReset), Change::kNone);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(End(Outcome::kReset), Change::kNone);
  EXPECT_EQ(End(Outcome::kReset), Change::kOpened);
  EXPECT_LE(OpenSeconds(), 10);
}

TEST(FailureWindow, CountsTheLastWhileInTenths) {
  for (int64_t seed = 1; seed <= 8; ++seed) {
    base::SeededRandom random(static_cast<uint64_t>(seed));
    FailureWindow window;
    std::deque<std::pair<base::MonoTime, bool>> all;
    base::MonoTime now{std::chrono::hours(1)};
    for (int i = 0; i < 2000; ++i) {
      now += milliseconds(random.Next() % (i % 100 == 0 ? 3000 : 40));
      all.emplace_back(now, random.Unit() < 0.3);
      while (all.front().first < now - seconds(2)) all.pop_front();
      window.Count(seconds(1), all.back().second, now);
      const auto within = [&](milliseconds span, bool any) {
        return std::count_if(all.begin(), all.end(), [&](const auto& attempt) {
          return attempt.first > now - span && (any || attempt.second);
        });
      };
      ASSERT_LE(window.attempts(), within(milliseconds(1000), true));
      ASSERT_GE(window.attempts(), within(milliseconds(900), true));
      ASSERT_LE(window.failures(), within(milliseconds(1000), false));
      ASSERT_GE(window.failures(), within(milliseconds(900), false));
    }
  }
}

TEST(FailureWindow, BeginsAnewWithAnotherWindow) {
  FailureWindow window;
  const base::MonoTime now{std::chrono::hours(1)};
  for (int i = 0; i < 5; ++i) window.Count(seconds(10), true, now);
  EXPECT_EQ(window.attempts(), 5u);
  window.Count(seconds(20), false, now);
  EXPECT_EQ(window.attempts(), 1u);
  EXPECT_EQ(window.failures(), 0u);
}

}  // namespace
}  // namespace carillon::policy
