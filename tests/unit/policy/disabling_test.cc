#include "carillon/policy/disabling.h"

#include <gtest/gtest.h>

namespace carillon::policy {
namespace {

using model::DisabledReason;
using model::Outcome;
using std::chrono::hours;
using std::chrono::milliseconds;

constexpr Ended kGone{.outcome = Outcome::kHttp4xx, .status = 410};
constexpr Ended kBroken{.outcome = Outcome::kReset};
constexpr Ended kLast{.outcome = Outcome::kHttp5xx, .status = 500, .retries_ended = true};

/// A destination that has failed for so long, steadily.
FailingStretch Failing(std::chrono::nanoseconds time) {
  FailingStretch failing;
  base::SimulatedClock clock;
  for (uint32_t i = 0; i < kLeastFailures; ++i) {
    if (i > 0) clock.Advance(time / (kLeastFailures - 1));
    failing.OnResult(Outcome::kReset, hours(1'000'000), clock.Mono(), clock.Wall());
  }
  return failing;
}

TEST(Disabling, AfterGone) {
  EXPECT_EQ(WhyDisable({}, kGone, {}), DisabledReason::kGone);
  EXPECT_EQ(WhyDisable({.on_gone = false}, kGone, {}), std::nullopt);
  const Ended not_found{.outcome = Outcome::kHttp4xx, .status = 404};
  EXPECT_EQ(WhyDisable({}, not_found, {}), std::nullopt);
}

TEST(Disabling, NotWhereGoneCountsAsDelivered) {
  const Ended delivered{.outcome = Outcome::kSuccess, .status = 410};
  EXPECT_EQ(WhyDisable({}, delivered, {}), std::nullopt);
}

TEST(Disabling, AfterFailingForSoLong) {
  const auto why = [](std::chrono::nanoseconds since) {
    return WhyDisable({}, kBroken, Failing(since));
  };
  EXPECT_EQ(why(hours(5 * 24)), DisabledReason::kFailing);
  EXPECT_EQ(why(hours(5 * 24) - milliseconds(4)), std::nullopt);
  const model::Disabling never{.failing_for = std::nullopt};
  EXPECT_EQ(WhyDisable(never, kBroken, Failing(hours(10'000))), std::nullopt);
  EXPECT_EQ(WhyDisable({}, kBroken, {}), std::nullopt);
}

TEST(Disabling, AfterTheLastRetryWhereAskedFor) {
  EXPECT_EQ(WhyDisable({}, kLast, {}), std::nullopt);
  const model::Disabling strict{.when_retries_end = true};
  EXPECT_EQ(WhyDisable(strict, kLast, {}), DisabledReason::kRetriesEnded);
  EXPECT_EQ(WhyDisable(strict, kBroken, {}), std::nullopt);
}

TEST(Disabling, ACancelledAttemptNeverDisables) {
  const model::Disabling strict{.when_retries_end = true};
  const Ended cancelled{.outcome = Outcome::kCancelled, .retries_ended = true};
  EXPECT_EQ(WhyDisable(strict, cancelled, Failing(hours(1000))), std::nullopt);
}

TEST(Disabling, AShortageOfThisMachineNeverDisables) {
  const model::Disabling strict{.when_retries_end = true};
  const Ended none{.outcome = Outcome::kLocalShortage, .retries_ended = true};
  EXPECT_EQ(WhyDisable(strict, none, Failing(hours(1000))), std::nullopt);
}

}  // namespace
}  // namespace carillon::policy
