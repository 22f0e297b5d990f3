#include "carillon/policy/retry_tokens.h"

#include <gtest/gtest.h>

namespace carillon::policy {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr model::RetryBudget kBudget{.ratio = 0.2, .min_per_second = 1};
constexpr base::MonoTime kBegin{std::chrono::hours(1)};

int TakeTokens(RetryTokens& tokens, const model::RetryBudget& budget, base::MonoTime now) {
  int taken = 0;
  while (tokens.Take(budget, now)) ++taken;
  return taken;
}

/// Retries of `time`, where one is wanted at any moment, from an empty bucket.
int Retries(const model::RetryBudget& budget, double firsts_per_second, seconds time) {
  RetryTokens tokens;
  TakeTokens(tokens, budget, kBegin);
  int retries = 0;
  double firsts = 0;
  for (auto now = kBegin; now < kBegin + time; now += milliseconds(1)) {
    for (firsts += firsts_per_second / 1000; firsts >= 1; --firsts) tokens.CountFirst(budget, now);
    retries += TakeTokens(tokens, budget, now);
  }
  return retries;
}

TEST(RetryTokens, TheGreaterOfTheTwoRatesHolds) {
  EXPECT_NEAR(Retries(kBudget, 0, seconds(100)), 100, 1);
  EXPECT_NEAR(Retries(kBudget, 1, seconds(100)), 100, 1);
  EXPECT_NEAR(Retries(kBudget, 5, seconds(100)), 100, 2);
  EXPECT_NEAR(Retries(kBudget, 50, seconds(100)), 1000, 2);
  EXPECT_NEAR(Retries(kBudget, 500, seconds(100)), 10'000, 2);
  EXPECT_NEAR(Retries({.ratio = 0, .min_per_second = 3}, 500, seconds(100)), 300, 1);
  EXPECT_NEAR(Retries({.ratio = 2, .min_per_second = 0.01}, 10, seconds(100)), 2000, 4);
}

TEST(RetryTokens, AQuietDestinationHasABurstAndNoMore) {
  RetryTokens tokens;
  EXPECT_EQ(TakeTokens(tokens, kBudget, kBegin), 10);
  EXPECT_EQ(TakeTokens(tokens, kBudget, kBegin + milliseconds(990)), 0);
  EXPECT_EQ(TakeTokens(tokens, kBudget, kBegin + seconds(1)), 1);
  EXPECT_EQ(TakeTokens(tokens, kBudget, kBegin + std::chrono::hours(9)), 10);
  for (int i = 0; i < 1000; ++i) tokens.CountFirst(kBudget, kBegin + std::chrono::hours(9));
  EXPECT_EQ(TakeTokens(tokens, kBudget, kBegin + std::chrono::hours(9)), 10);
  const model::RetryBudget wide{.ratio = 0.2, .min_per_second = 50};
  EXPECT_EQ(TakeTokens(tokens, wide, kBegin + std::chrono::hours(10)), 50);
}

TEST(RetryTokens, OneThatWasNotUsedComesBack) {
  RetryTokens tokens;
  EXPECT_EQ(TakeTokens(tokens, kBudget, kBegin), 10);
  tokens.Return(kBudget);
  EXPECT_EQ(TakeTokens(tokens, kBudget, kBegin), 1);
  for (int i = 0; i < 20; ++i) tokens.Return(kBudget);
  EXPECT_EQ(TakeTokens(tokens, kBudget, kBegin), 10) << "no more than a burst";
}

TEST(RetryTokens, TellsWhenTheNextComes) {
  for (const double rate : {0.01, 0.3, 1.0, 7.0, 100'000.0}) {
    const model::RetryBudget budget{.ratio = 0.2, .min_per_second = rate};
    RetryTokens tokens;
    base::MonoTime now = kBegin;
    TakeTokens(tokens, budget, now);
    for (int i = 0; i < 100; ++i) {
      const base::MonoTime next = tokens.NextAt(budget, now);
      ASSERT_GT(next, now);
      if (rate < 1000) EXPECT_FALSE(tokens.Take(budget, next - microseconds(5))) << rate;
      EXPECT_TRUE(tokens.Take(budget, next)) << rate;
      now = next;
    }
  }
}

}  // namespace
}  // namespace carillon::policy
