#include "carillon/policy/adaptive_limit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "carillon/base/random.h"

namespace carillon::policy {
namespace {

using model::Outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Calls that end at simulated times.
struct Caller {
  explicit Caller(size_t bound) : limit(bound) {}

  /// A round of successes, the limit reached.
  void Round(milliseconds latency) {
    for (size_t i = std::max<size_t>(limit.limit(), 4); i > 0; --i) Success(latency, limit.limit());
  }
  void Success(milliseconds latency, size_t in_flight) {
    now += latency;
    limit.OnResult(Outcome::kSuccess, 200, latency, in_flight, now);
  }
  void Failure(Outcome outcome, int status = 0, milliseconds latency = milliseconds(10)) {
    now += latency;
    limit.OnResult(outcome, status, latency, limit.limit(), now);
  }
  void GrowTo(size_t target) {
    while (limit.limit() < target) Round(milliseconds(10));
  }

  AdaptiveLimit limit;
  base::MonoTime now{std::chrono::hours(1)};
};

TEST(AdaptiveLimit, StartsLow) {
  EXPECT_EQ(AdaptiveLimit(100).limit(), 4u);
  EXPECT_EQ(AdaptiveLimit(2).limit(), 2u);
  EXPECT_EQ(AdaptiveLimit(1).limit(), 1u);
}

TEST(AdaptiveLimit, GrowsByOneARoundUpToItsBound) {
  Caller caller(16);
  for (size_t expected = 5; expected <= 16; ++expected) {
    caller.Round(milliseconds(10));
    EXPECT_EQ(caller.limit.limit(), expected);
  }
  for (int i = 0; i < 10; ++i) caller.Round(milliseconds(10));
  EXPECT_EQ(caller.limit.limit(), 16u);
}

TEST(AdaptiveLimit, DoesNotGrowUnused) {
  Caller caller(16);
  for (int i = 0; i < 1000; ++i) caller.Success(milliseconds(10), caller.limit.limit() - 1);
  EXPECT_EQ(caller.limit.limit(), 4u);
}

TEST(AdaptiveLimit, HalvesWhereTheReceiverPushesBack) {
  for (const auto& [outcome, status] :
       {std::pair(Outcome::kHttp429, 429), std::pair(Outcome::kHttp5xx, 503),
        std::pair(Outcome::kConnectTimeout, 0), std::pair(Outcome::kResponseTimeout, 0),
        std::pair(Outcome::kConnectRefused, 0), std::pair(Outcome::kUnreachable, 0),
        std::pair(Outcome::kReset, 0)}) {
    Caller caller(100);
    caller.GrowTo(40);
    for (const size_t expected : {20, 10, 5, 2, 1, 1, 1}) {
      caller.Failure(outcome, status);
      EXPECT_EQ(caller.limit.limit(), expected) << model::OutcomeName(outcome);
    }
  }
}

TEST(AdaptiveLimit, OtherFailuresSayNothing) {
  for (const auto& [outcome, status] :
       {std::pair(Outcome::kHttp4xx, 404), std::pair(Outcome::kHttp5xx, 500),
        std::pair(Outcome::kHttp3xx, 301), std::pair(Outcome::kCancelled, 0),
        std::pair(Outcome::kTls, 0), std::pair(Outcome::kDns, 0),
        std::pair(Outcome::kLocalShortage, 0)}) {
    Caller caller(100);
    caller.GrowTo(40);
    for (int i = 0; i < 1000; ++i) caller.Failure(outcome, status);
    EXPECT_EQ(caller.limit.limit(), 40u) << model::OutcomeName(outcome);
  }
}

TEST(AdaptiveLimit, HalvesOnceInARoundTrip) {
  Caller caller(100);
  caller.GrowTo(40);
  caller.now += seconds(1);
  for (int i = 0; i < 40; ++i) {
    const base::MonoTime end = caller.now + milliseconds(i);
    caller.limit.OnResult(Outcome::kHttp429, 429, seconds(1), 40, end);
  }
  EXPECT_EQ(caller.limit.limit(), 20u) << "all 40 were in flight together";
  caller.limit.OnResult(Outcome::kHttp429, 429, seconds(1), 20, caller.now + seconds(1));
  EXPECT_EQ(caller.limit.limit(), 10u) << "this one started after the cut";
}

TEST(AdaptiveLimit, HoldsWhileLatencyIsUpAndFallsWhenItIsFarUp) {
  Caller caller(100);
  caller.GrowTo(20);
  caller.Round(milliseconds(19));
  EXPECT_EQ(caller.limit.limit(), 21u) << "within twice the least";
  caller.Round(milliseconds(30));
  EXPECT_EQ(caller.limit.limit(), 21u);
  caller.Round(milliseconds(100));
  EXPECT_EQ(caller.limit.limit(), 20u);
  caller.Round(milliseconds(10));
  EXPECT_EQ(caller.limit.limit(), 21u);
}

TEST(AdaptiveLimit, ASlowReceiverIsNotTakenForACrowdedOneForEver) {
  Caller caller(100);
  caller.GrowTo(30);
  size_t least = 30;
  for (int i = 0; i < 200; ++i) {
    caller.Round(milliseconds(140));
    least = std::min(least, caller.limit.limit());
  }
  EXPECT_LT(least, 30u);
  EXPECT_GT(caller.limit.limit(), 30u);
}

TEST(AdaptiveLimit, ABoundThatFallsHolds) {
  Caller caller(100);
  caller.GrowTo(20);
  caller.limit.SetBound(8);
  EXPECT_EQ(caller.limit.limit(), 8u);
  caller.limit.SetBound(50);
  EXPECT_EQ(caller.limit.limit(), 8u);
  caller.Round(milliseconds(10));
  EXPECT_EQ(caller.limit.limit(), 9u);
}

// A receiver that serves `capacity` at once and lets the rest wait.
TEST(AdaptiveLimit, SettlesWhereTheReceiverIsBusyButNotCrowded) {
  for (const size_t capacity : {1, 4, 10, 40}) {
    Caller caller(1000);
    const auto round = [&] {
      const size_t waiting = std::max(caller.limit.limit(), capacity) - capacity;
      caller.Round(milliseconds(100 + 100 * waiting / capacity));
    };
    for (int i = 0; i < 300; ++i) round();
    for (int i = 0; i < 300; ++i) {
      round();
      ASSERT_LE(caller.limit.limit(), 4 * capacity);
    }
    EXPECT_GE(caller.limit.limit(), capacity);
  }
}

TEST(AdaptiveLimit, MeasuresTheBaseNowAndThenAtAnEighthOfTheLimit) {
  Caller caller(20);
  caller.GrowTo(20);
  std::vector<size_t> limits;
  for (int i = 0; i < 64; ++i) {
    caller.Round(milliseconds(10));
    limits.push_back(caller.limit.limit());
  }
  EXPECT_EQ(std::ranges::count(limits, 2), 1);
  EXPECT_EQ(std::ranges::count(limits, 20), 63);
}

TEST(AdaptiveLimit, MeasuresWithWhatStartedMeanwhile) {
  Caller caller(20);
  caller.GrowTo(20);
  while (caller.limit.limit() == 20) caller.Round(milliseconds(10));
  for (int i = 0; i < 20; ++i) {
    caller.limit.OnResult(Outcome::kSuccess, 200, seconds(1), 20, caller.now + milliseconds(i));
  }
  EXPECT_EQ(caller.limit.limit(), 2u) << "those were in flight before";
  caller.now += milliseconds(20);
  caller.Round(milliseconds(10));
  EXPECT_EQ(caller.limit.limit(), 20u);
  caller.Round(milliseconds(100));
  EXPECT_EQ(caller.limit.limit(), 19u) << "the base is 10 ms";
}

TEST(AdaptiveLimit, StaysBetweenOneAndItsBound) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    base::SeededRandom random(seed);
    const size_t bound = 1 + random.Next() % 50;
    AdaptiveLimit limit(bound);
    base::MonoTime now{std::chrono::hours(1)};
    for (int i = 0; i < 2000; ++i) {
      now += milliseconds(random.Next() % 50);
      const auto outcome = random.Unit() < 0.95
                               ? Outcome::kSuccess
                               : static_cast<Outcome>(random.Next() % model::kOutcomeCount);
      limit.OnResult(outcome, 503, milliseconds(random.Next() % 1000), random.Next() % 60, now);
      ASSERT_GE(limit.limit(), 1u);
      ASSERT_LE(limit.limit(), bound);
    }
  }
}

}  // namespace
}  // namespace carillon::policy
