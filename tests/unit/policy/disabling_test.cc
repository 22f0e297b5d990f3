#include "carillon/policy/disabling.h"

#include <gtest/gtest.h>

namespace carillon::policy {
namespace {

using model::DisabledReason;
using model::Outcome;
using std::chrono::hours;
using std::chrono::milliseconds;

constexpr base::WallTime kNow{std::chrono::seconds(1'700'000'000)};
constexpr Ended kGone{.outcome = Outcome::kHttp4xx, .status = 410};
constexpr Ended kBroken{.outcome = Outcome::kReset};
constexpr Ended kLast{.outcome = Outcome::kHttp5xx, .status = 500, .retries_ended = true};

TEST(Disabling, AfterGone) {
  EXPECT_EQ(WhyDisable({}, kGone, kNow, kNow), DisabledReason::kGone);
  EXPECT_EQ(WhyDisable({.on_gone = false}, kGone, kNow, kNow), std::nullopt);
  const Ended not_found{.outcome = Outcome::kHttp4xx, .status = 404};
  EXPECT_EQ(WhyDisable({}, not_found, kNow, kNow), std::nullopt);
}

TEST(Disabling, NotWhereGoneCountsAsDelivered) {
  const Ended delivered{.outcome = Outcome::kSuccess, .status = 410};
  EXPECT_EQ(WhyDisable({}, delivered, std::nullopt, kNow), std::nullopt);
}

TEST(Disabling, AfterFailingForSoLong) {
  const auto why = [](std::chrono::nanoseconds since) {
    return WhyDisable({}, kBroken, kNow - since, kNow);
  };
  EXPECT_EQ(why(hours(5 * 24)), DisabledReason::kFailing);
  EXPECT_EQ(why(hours(5 * 24) - milliseconds(1)), std::nullopt);
  const model::Disabling never{.failing_for = std::nullopt};
  EXPECT_EQ(WhyDisable(never, kBroken, kNow - hours(10'000), kNow), std::nullopt);
  EXPECT_EQ(WhyDisable({}, kBroken, std::nullopt, kNow), std::nullopt);
}

TEST(Disabling, AfterTheLastRetryWhereAskedFor) {
  EXPECT_EQ(WhyDisable({}, kLast, kNow, kNow), std::nullopt);
  const model::Disabling strict{.when_retries_end = true};
  EXPECT_EQ(WhyDisable(strict, kLast, kNow, kNow), DisabledReason::kRetriesEnded);
  EXPECT_EQ(WhyDisable(strict, kBroken, kNow, kNow), std::nullopt);
}

TEST(Disabling, ACancelledAttemptNeverDisables) {
  const model::Disabling strict{.when_retries_end = true};
  const Ended cancelled{.outcome = Outcome::kCancelled, .retries_ended = true};
  EXPECT_EQ(WhyDisable(strict, cancelled, kNow - hours(1000), kNow), std::nullopt);
}

TEST(Disabling, AShortageOfThisMachineNeverDisables) {
  const model::Disabling strict{.when_retries_end = true};
  const Ended none{.outcome = Outcome::kLocalShortage, .retries_ended = true};
  EXPECT_EQ(WhyDisable(strict, none, kNow - hours(1000), kNow), std::nullopt);
  EXPECT_EQ(FailingSince(std::nullopt, Outcome::kLocalShortage, kNow), std::nullopt);
}

TEST(FailingSince, TheFirstFailureInARow) {
  EXPECT_EQ(FailingSince(std::nullopt, Outcome::kHttp4xx, kNow), kNow);
  EXPECT_EQ(FailingSince(kNow, Outcome::kReset, kNow + hours(1)), kNow);
  EXPECT_EQ(FailingSince(kNow, Outcome::kSuccess, kNow + hours(1)), std::nullopt);
  EXPECT_EQ(FailingSince(kNow, Outcome::kCancelled, kNow + hours(1)), kNow);
  EXPECT_EQ(FailingSince(std::nullopt, Outcome::kCancelled, kNow), std::nullopt);
}

TEST(FailingSince, IsNotInTheFuture) {
  EXPECT_EQ(FailingSince(kNow, Outcome::kReset, kNow - hours(9)), kNow - hours(9));
}

}  // namespace
}  // namespace carillon::policy
