#include "carillon/policy/retry.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>

namespace carillon::policy {
namespace {

using model::Outcome;
using model::SuccessRule;
using std::chrono::milliseconds;

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
      {600, Outcome::kProtocol, Outcome::kProtocol},
      {700, Outcome::kProtocol, Outcome::kProtocol},
      {999, Outcome::kProtocol, Outcome::kProtocol},
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

TEST(NextDelay, WithoutJitterIsExactAndEnds) {
  const model::RetryPolicy policy{{milliseconds(5000), milliseconds(0), milliseconds(86'400'001)},
                                  0};
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
  const model::RetryPolicy policy{{milliseconds(100'000)}, 0.2};
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
  const model::RetryPolicy policy{{std::chrono::hours(24 * 30)}, 1};
  base::SeededRandom random(7);
  for (int i = 0; i < 10'000; ++i) {
    const auto delay = *NextDelay(policy, 1, random);
    ASSERT_GE(delay, milliseconds(0));
    ASSERT_LE(delay, 2 * policy.delays[0]);
  }
}

TEST(NextDelay, TheSameSeedGivesTheSameDelays) {
  const model::RetryPolicy policy{{milliseconds(1'000'000)}, 0.5};
  base::SeededRandom a(3), b(3), c(4);
  const auto first = NextDelay(policy, 1, a);
  EXPECT_EQ(first, NextDelay(policy, 1, b));
  EXPECT_NE(first, NextDelay(policy, 1, c));
}

}  // namespace
}  // namespace carillon::policy
