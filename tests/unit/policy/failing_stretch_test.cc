#include "carillon/policy/failing_stretch.h"

#include <gtest/gtest.h>

#include <optional>

#include "carillon/policy/disabling.h"

namespace carillon::policy {
namespace {

using model::DisabledReason;
using model::Outcome;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr hours kDay(24);

/// A destination that fails, by the clocks of a machine that the test sets.
class FailingStretchTest : public testing::Test {
 protected:
  /// An attempt that ends so; whether it disables.
  std::optional<DisabledReason> End(Outcome outcome = Outcome::kReset) {
    failing_.OnResult(outcome, LongestGap(destination_), clock_.Mono(), clock_.Wall());
    return WhyDisable(destination_.disabling, {.outcome = outcome}, failing_);
  }
  /// Attempts that fail, one in `gap`, for `time`; whether one of them disables.
  bool Fails(nanoseconds time, nanoseconds gap) {
    bool disabled = End().has_value();
    for (nanoseconds past{0}; past < time && !disabled; past += gap) {
      clock_.Advance(gap);
      disabled = End().has_value();
    }
    return disabled;
  }
  /// The next life of the process. The steady clock may begin anew, too.
  void Restart(nanoseconds off) {
    clock_ = base::SimulatedClock(clock_.Wall() + off);
    failing_ = {};
  }

  base::SimulatedClock clock_;
  model::Destination destination_;  // failing_for: 5 days
  FailingStretch failing_;
};

TEST_F(FailingStretchTest, SteadyFailingDisablesAfterFailingForAndNotBefore) {
  EXPECT_FALSE(Fails(5 * kDay - hours(1), hours(1)));
  clock_.Advance(hours(1) - nanoseconds(1));
  EXPECT_FALSE(End());
  clock_.Advance(nanoseconds(1));
  EXPECT_EQ(End(), DisabledReason::kFailing);
  EXPECT_EQ(failing_.length(), nanoseconds(5 * kDay));
}

TEST_F(FailingStretchTest, ASuccessEndsIt) {
  EXPECT_FALSE(Fails(5 * kDay - hours(2), hours(1)));
  EXPECT_TRUE(failing_.since());
  EXPECT_FALSE(End(Outcome::kSuccess));
  EXPECT_FALSE(failing_.since());
  EXPECT_EQ(failing_.length(), nanoseconds(0));
  EXPECT_FALSE(Fails(5 * kDay - hours(2), hours(1)));
}

TEST_F(FailingStretchTest, SixDaysOffBetweenTwoFailures) {
  EXPECT_FALSE(End());
  Restart(6 * kDay);
  EXPECT_FALSE(End());
  EXPECT_EQ(failing_.since(), clock_.Wall()) << "a start begins it anew";
  EXPECT_TRUE(Fails(5 * kDay, hours(1)));
}

TEST_F(FailingStretchTest, SixDaysWithNothingToSendBetweenFailures) {
  EXPECT_FALSE(Fails(hours(10), minutes(10)));
  clock_.Advance(6 * kDay);
  EXPECT_FALSE(End());
  EXPECT_EQ(failing_.failures(), 1u);
  EXPECT_FALSE(Fails(4 * kDay, hours(1)));
  EXPECT_TRUE(Fails(1 * kDay, hours(1)));
}

TEST_F(FailingStretchTest, AGapIsAQuarterOfFailingForButAnHourAtLeast) {
  EXPECT_EQ(LongestGap(destination_), nanoseconds(hours(30)));
  EXPECT_TRUE(Fails(5 * kDay, hours(30)));
  failing_.Reset();
  EXPECT_FALSE(Fails(50 * kDay, hours(30) + seconds(1)));
  destination_.disabling.failing_for = minutes(1);
  failing_.Reset();
  EXPECT_TRUE(Fails(hours(4), hours(1)));
  failing_.Reset();
  EXPECT_FALSE(Fails(50 * kDay, hours(1) + seconds(1)));
  destination_.disabling.failing_for.reset();
  EXPECT_EQ(LongestGap(destination_), nanoseconds(hours(1)));
}

TEST_F(FailingStretchTest, ABreakerThatIsOpenForLongLeavesFewProbesAndTheyCount) {
  destination_.disabling.failing_for = 1 * kDay;
  destination_.breaker = model::Breaker{.max_delay = hours(20)};
  EXPECT_EQ(LongestGap(destination_), nanoseconds(hours(40)));
  EXPECT_FALSE(Fails(hours(60), hours(20))) << "four failures";
  clock_.Advance(hours(20));
  EXPECT_EQ(End(), DisabledReason::kFailing);
  destination_.breaker.reset();
  failing_.Reset();
  EXPECT_FALSE(Fails(50 * kDay, hours(20))) << "nothing left it alone but that there was nothing";
}

TEST_F(FailingStretchTest, FewFailuresNeverDisable) {
  destination_.disabling.failing_for = minutes(1);
  for (uint32_t i = 1; i < kLeastFailures; ++i) {
    EXPECT_FALSE(End()) << i;
    clock_.Advance(minutes(30));
  }
  EXPECT_EQ(End(), DisabledReason::kFailing);
}

TEST_F(FailingStretchTest, AClockThatJumpsForward) {
  EXPECT_FALSE(Fails(hours(10), minutes(10)));
  clock_.JumpWall(6 * kDay);
  EXPECT_FALSE(End());
  EXPECT_EQ(failing_.since(), clock_.Wall());
  EXPECT_FALSE(Fails(5 * kDay - hours(1), hours(1)));
  EXPECT_TRUE(Fails(hours(1), hours(1)));
}

TEST_F(FailingStretchTest, AClockThatJumpsBack) {
  EXPECT_FALSE(Fails(hours(10), minutes(10)));
  clock_.JumpWall(-6 * kDay);
  EXPECT_FALSE(End());
  EXPECT_EQ(failing_.since(), clock_.Wall()) << "not in the future";
  EXPECT_FALSE(Fails(5 * kDay - hours(1), hours(1)));
  EXPECT_TRUE(Fails(hours(1), hours(1))) << "nor is it put off";
}

// The steady clock stands still while a machine sleeps.
TEST_F(FailingStretchTest, AMachineThatSleepsTriesNothing) {
  for (int night = 0; night < 30; ++night) {
    EXPECT_FALSE(Fails(hours(12), hours(1)));
    clock_.JumpWall(hours(12));
  }
}

TEST_F(FailingStretchTest, AClockThatIsSetRightByLittleChangesNothing) {
  bool disabled = false;
  for (int hour = 0; hour <= 120; ++hour) {
    disabled = End().has_value();
    EXPECT_EQ(disabled, hour == 120) << hour;
    clock_.Advance(hours(1));
    clock_.JumpWall(hour % 2 == 0 ? seconds(59) : -seconds(59));
  }
}

TEST_F(FailingStretchTest, RestartsMoreOftenThanThatPutItOff) {
  for (int life = 0; life < 10; ++life) {
    EXPECT_FALSE(Fails(4 * kDay, hours(1)));
    Restart(seconds(1));
  }
}

TEST_F(FailingStretchTest, WhatSaysNothingOfTheReceiverChangesNothing) {
  for (const Outcome outcome : {Outcome::kCancelled, Outcome::kLocalShortage}) {
    failing_.Reset();
    EXPECT_FALSE(End(outcome));
    EXPECT_EQ(failing_.failures(), 0u);
    EXPECT_FALSE(Fails(hours(1), minutes(10)));
    clock_.Advance(hours(29));
    EXPECT_FALSE(End(outcome)) << "nothing was tried";
    clock_.Advance(hours(2));
    EXPECT_FALSE(End());
    EXPECT_EQ(failing_.failures(), 1u) << model::OutcomeName(outcome);
  }
}

TEST_F(FailingStretchTest, A4xxIsAFailure) {
  EXPECT_FALSE(End(Outcome::kHttp4xx));
  EXPECT_EQ(failing_.failures(), 1u);
  EXPECT_EQ(failing_.since(), clock_.Wall());
}

}  // namespace
}  // namespace carillon::policy
