#include "carillon/policy/retry.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>

namespace carillon::policy {
namespace {

using model::Outcome;
using model::SuccessRule;
using std::chrono::milliseconds;

model::RetryPolicy Policy(std::vector<milliseconds> delays, double jitter) {
  model::RetryPolicy policy;
  policy.delays = std::move(delays);
  policy.jitter = jitter;
  return policy;
}

TEST(Judge, EachRuleAtEachEdge) {
  struct Case {
    int status;
    Outcome k2xx, below_400;
  };
  constexpr auto ok = Outcome::kSuccess;
  const Case cases[] = {
      {200, ok, ok},
      {299, ok, ok},
      {300, Outcome::kHttp3xx, ok},
      {304, Outcome::kHttp3xx, ok},
      {399, Outcome::kHttp3xx, ok},
      {400, Outcome::kHttp4xx, Outcome::kHttp4xx},
      {410, Outcome::kHttp4xx, Outcome::kHttp4xx},
      {428, Outcome::kHttp4xx, Outcome::kHttp4xx},
      {429, Outcome::kHttp429, Outcome::kHttp429},
      {430, Outcome::kHttp4xx, Outcome::kHttp4xx},
      {499, Outcome::kHttp4xx, Outcome::kHttp4xx},
      {500, Outcome::kHttp5xx, Outcome::kHttp5xx},
      {599, Outcome::kHttp5xx, Outcome::kHttp5xx},
      {600, Outcome::kProtocol, ok},
      {700, Outcome::kProtocol, ok},
      {999, Outcome::kProtocol, ok},
      {199, Outcome::kProtocol, Outcome::kProtocol},
      {100, Outcome::kProtocol, Outcome::kProtocol},
      {0, Outcome::kProtocol, Outcome::kProtocol},
      {-1, Outcome::kProtocol, Outcome::kProtocol},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Judge(SuccessRule::k2xx, c.status), c.k2xx) << c.status;
    EXPECT_EQ(Judge(SuccessRule::kBelow400, c.status), c.below_400) << c.status;
    EXPECT_EQ(Judge(SuccessRule::kAnyResponse, c.status), Outcome::kSuccess) << c.status;
  }
}

TEST(Judge, TheStatusDecides) {
  for (const Outcome wire : {Outcome::kResponseTimeout, Outcome::kReset, Outcome::kProtocol}) {
    for (const SuccessRule rule :
         {SuccessRule::kAnyResponse, SuccessRule::k2xx, SuccessRule::kBelow400}) {
      EXPECT_EQ(JudgeAttempt(rule, wire, 0), wire);
      EXPECT_EQ(JudgeAttempt(rule, wire, 200), Outcome::kSuccess);
    }
    EXPECT_EQ(JudgeAttempt(SuccessRule::kAnyResponse, wire, 500), Outcome::kSuccess);
    EXPECT_EQ(JudgeAttempt(SuccessRule::k2xx, wire, 500), Outcome::kHttp5xx);
  }
  EXPECT_EQ(JudgeAttempt(SuccessRule::k2xx, Outcome::kSuccess, 200), Outcome::kSuccess);
  EXPECT_EQ(JudgeAttempt(SuccessRule::k2xx, Outcome::kSuccess, 500), Outcome::kHttp5xx);
}

std::vector<int64_t> Exponential(int first, double factor, int cap, uint32_t attempts) {
  std::vector<int64_t> counts;
  for (const auto delay :
       ExponentialDelays(milliseconds(first), factor, milliseconds(cap), attempts)) {
    counts.push_back(delay.count());
  }
  return counts;
}

TEST(ExponentialDelays, GrowUpToTheCap) {
  using testing::ElementsAre;
  EXPECT_THAT(Exponential(5, 2, 1000, 6), ElementsAre(5, 10, 20, 40, 80));
  EXPECT_THAT(Exponential(5, 2, 30, 6), ElementsAre(5, 10, 20, 30, 30));
  EXPECT_THAT(Exponential(7, 1, 1000, 4), ElementsAre(7, 7, 7));
  EXPECT_THAT(Exponential(10, 1.5, 1000, 5), ElementsAre(10, 15, 23, 34));  // rounded, not summed
  EXPECT_THAT(Exponential(50, 2, 30, 3), ElementsAre(30, 30));
  EXPECT_THAT(Exponential(5, 2, 30, 1), ElementsAre());
  const auto longest = Exponential(2, 10, 2'000'000'000, 200);
  EXPECT_EQ(longest.size(), 199u);
  EXPECT_EQ(longest.back(), 2'000'000'000);
}

TEST(TooOld, OnlyPastTheMaximumAge) {
  model::RetryPolicy policy;
  EXPECT_FALSE(TooOld(policy, std::chrono::hours(24 * 3650)));
  policy.max_age = milliseconds(1000);
  EXPECT_FALSE(TooOld(policy, milliseconds(-5000)));
  EXPECT_FALSE(TooOld(policy, milliseconds(1000)));
  EXPECT_TRUE(TooOld(policy, std::chrono::nanoseconds(1'000'000'001)));
}

TEST(NextDelay, WithoutJitterIsExactAndEnds) {
  const auto policy = Policy({milliseconds(5000), milliseconds(0), milliseconds(86'400'001)}, 0);
  base::SeededRandom random(1);
  EXPECT_EQ(NextDelay(policy, 1, random), milliseconds(5000));
  EXPECT_EQ(NextDelay(policy, 2, random), milliseconds(0));
  EXPECT_EQ(NextDelay(policy, 3, random), milliseconds(86'400'001));
  EXPECT_EQ(NextDelay(policy, 4, random), std::nullopt);
  EXPECT_EQ(NextDelay(policy, UINT32_MAX, random), std::nullopt);
}

TEST(NextDelay, NoDelaysMeansNeverAgain) {
  base::SeededRandom random(1);
  EXPECT_EQ(NextDelay({}, 1, random), std::nullopt);
}

TEST(NextDelay, JitterIsSpreadEvenlyOverTheWholeRange) {
  const auto policy = Policy({milliseconds(100'000)}, 0.2);
  base::SeededRandom random(7);
  constexpr int kDraws = 40'000;
  std::array<int, 8> buckets{};  // of 5 s each, from 80 s to 120 s
  for (int i = 0; i < kDraws; ++i) {
    const auto delay = NextDelay(policy, 1, random)->count();
    ASSERT_GE(delay, 80'000);
    ASSERT_LE(delay, 120'000);
    ++buckets[static_cast<size_t>(std::min<int64_t>((delay - 80'000) / 5'000, 7))];
  }
  for (const int n : buckets) EXPECT_NEAR(n, kDraws / 8, kDraws / 80);
}

TEST(NextDelay, FullJitterStaysBetweenZeroAndTwiceTheDelay) {
  const auto policy = Policy({std::chrono::hours(24 * 30)}, 1);
  base::SeededRandom random(7);
  for (int i = 0; i < 10'000; ++i) {
    const auto delay = *NextDelay(policy, 1, random);
    ASSERT_GE(delay, milliseconds(0));
    ASSERT_LE(delay, 2 * policy.delays[0]);
  }
}

TEST(NextDelay, TheSameSeedGivesTheSameDelays) {
  const auto policy = Policy({milliseconds(1'000'000)}, 0.5);
  base::SeededRandom a(3), b(3), c(4);
  const auto first = NextDelay(policy, 1, a);
  EXPECT_EQ(first, NextDelay(policy, 1, b));
  EXPECT_NE(first, NextDelay(policy, 1, c));
}

TEST(AfterFailure, RetryAfterLengthensTheDelayUpToTheCap) {
  model::RetryPolicy policy = Policy({milliseconds(5000), milliseconds(7'200'000)}, 0);
  base::SeededRandom random(1);
  const base::WallTime now{std::chrono::seconds(784'111'777)};
  struct Case {
    const char* retry_after;
    uint32_t failures;
    std::optional<milliseconds> delay;
    bool ignored;
  };
  const Case cases[] = {
      {"", 1, milliseconds(5000), false},
      {"4", 1, milliseconds(5000), false},
      {"6", 1, milliseconds(6000), false},
      {"Sun, 06 Nov 1994 08:50:37 GMT", 1, milliseconds(60'000), false},
      {"3600", 1, milliseconds(3'600'000), false},
      {"86400", 1, milliseconds(3'600'000), false},
      {"86400", 2, milliseconds(7'200'000), false},  // the schedule's own is over the cap
      {"86400", 3, std::nullopt, false},
      {"soon", 1, milliseconds(5000), true},
      {"-1", 1, milliseconds(5000), true},
      {"99999999999999999999", 1, milliseconds(5000), true},
      {"Sun, 06 Nov 1994 08:49:36 GMT", 1, milliseconds(5000), true},
      {"soon", 3, std::nullopt, true},
  };
  for (const Case& c : cases) {
    const Failure failure{Outcome::kHttp5xx, 503, c.retry_after, c.failures};
    const RetryDecision decision = AfterFailure(policy, failure, now, random);
    EXPECT_EQ(decision.delay, c.delay) << c.retry_after;
    EXPECT_EQ(decision.retry_after_ignored, c.ignored) << c.retry_after;
  }
  policy.retry_after_cap = milliseconds(10'000);
  EXPECT_EQ(AfterFailure(policy, {Outcome::kHttp429, 429, "60", 1}, now, random).delay,
            milliseconds(10'000));
}

TEST(AfterFailure, SomeAnswersPauseTheDestination) {
  const auto policy = Policy({milliseconds(200), milliseconds(5000), milliseconds(7'200'000)}, 0);
  base::SeededRandom random(1);
  struct Case {
    uint16_t status;
    const char* retry_after;
    uint32_t failures;
    std::optional<milliseconds> pause;
  };
  const Case cases[] = {
      {429, "", 1, milliseconds(1000)},  // at least a second
      {429, "", 2, milliseconds(5000)},
      {429, "", 3, milliseconds(60'000)},  // unasked, at most a minute
      {429, "120", 3, milliseconds(120'000)},
      {429, "", 4, milliseconds(1000)},  // dead, and still it is too much for the receiver
      {429, "30", 4, milliseconds(30'000)},
      {429, "30", 1, milliseconds(30'000)},
      {429, "86400", 1, milliseconds(3'600'000)},
      {429, "0", 1, milliseconds(1000)},
      {429, "soon", 2, milliseconds(5000)},
      {502, "", 2, milliseconds(5000)},
      {504, "", 2, milliseconds(5000)},
      {503, "7", 2, milliseconds(7000)},
      {503, "0", 2, milliseconds(5000)},
      {503, "", 2, std::nullopt},
      {503, "soon", 2, std::nullopt},
      {500, "7", 2, std::nullopt},
      {404, "7", 2, std::nullopt},
      {0, "", 2, std::nullopt},
  };
  for (const Case& c : cases) {
    const RetryDecision decision = AfterFailure(
        policy, {Outcome::kHttp5xx, c.status, c.retry_after, c.failures}, base::WallTime{}, random);
    EXPECT_EQ(decision.pause, c.pause) << c.status << " " << c.retry_after << " " << c.failures;
  }
}

TEST(AfterFailure, WhereABreakerLooksForTheEndOfAnOutageThePlannedDelayIsNoPause) {
  const auto policy = Policy({milliseconds(5000), milliseconds(7'200'000)}, 0);
  base::SeededRandom random(1);
  const auto pause = [&](uint16_t status, const char* retry_after) {
    return AfterFailure(policy,
                        {.outcome = Outcome::kHttp5xx,
                         .status = status,
                         .retry_after = retry_after,
                         .failures = 2,
                         .breaker = true},
                        base::WallTime{}, random)
        .pause;
  };
  EXPECT_EQ(pause(502, ""), milliseconds(1000));
  EXPECT_EQ(pause(504, ""), milliseconds(1000));
  EXPECT_EQ(pause(503, "0"), milliseconds(1000));
  EXPECT_EQ(pause(502, "30"), milliseconds(30'000)) << "it was asked for";
  EXPECT_EQ(pause(429, ""), milliseconds(60'000)) << "no outage";
  EXPECT_EQ(pause(503, ""), std::nullopt);
}

}  // namespace
}  // namespace carillon::policy
