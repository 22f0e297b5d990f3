#include "carillon/policy/rate_limit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "carillon/base/random.h"

namespace carillon::policy {
namespace {

using std::chrono::duration;
using std::chrono::hours;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr base::MonoTime kStart{hours(1)};

uint32_t TakeAll(RateLimit& limit, const model::Rate& rate, base::MonoTime now) {
  uint32_t taken = 0;
  while (limit.Take(rate, now)) ++taken;
  return taken;
}

TEST(RateLimit, GivesTheBurstAtOnceAndThenTheRate) {
  const model::Rate rate{.per_second = 10, .burst = 5};
  RateLimit limit;
  EXPECT_TRUE(limit.Ready(rate, kStart));
  EXPECT_EQ(TakeAll(limit, rate, kStart), 5u);
  EXPECT_FALSE(limit.Ready(rate, kStart));
  for (int i = 1; i <= 100; ++i) {
    const base::MonoTime now = kStart + i * std::chrono::milliseconds(100);
    EXPECT_FALSE(limit.Ready(rate, now - nanoseconds(1)));
    EXPECT_EQ(TakeAll(limit, rate, now), 1u);
  }
  EXPECT_EQ(TakeAll(limit, rate, kStart + hours(1)), 5u) << "no more than the burst is kept";
}

TEST(RateLimit, TellsWhenTheNextComes) {
  for (const double per_second : {0.01, 0.3, 1.0, 3.0, 7.0, 99'999.0, 100'000.0}) {
    for (const uint32_t burst : {1u, 2u, 100'000u}) {
      const model::Rate rate{.per_second = per_second, .burst = burst};
      RateLimit limit;
      EXPECT_EQ(limit.NextAt(rate, kStart), kStart + nanoseconds(1)) << "a full bucket has one";
      base::MonoTime now = kStart;
      EXPECT_EQ(TakeAll(limit, rate, now), burst);
      for (int i = 0; i < 50; ++i) {
        const base::MonoTime next = limit.NextAt(rate, now);
        ASSERT_GT(next, now);
        ASSERT_FALSE(limit.Take(rate, next - nanoseconds(1)));
        ASSERT_TRUE(limit.Ready(rate, next));
        ASSERT_TRUE(limit.Take(rate, next));
        now = next;
      }
    }
  }
}

// Any span that begins with a token and ends with one; the others are no stricter.
void CheckSpans(const std::vector<base::MonoTime>& taken, const model::Rate& rate) {
  for (size_t first = 0; first < taken.size(); ++first) {
    for (size_t last = first; last < taken.size(); last += 1 + (last - first) / 4) {
      const double span = duration<double>(taken[last] - taken[first]).count();
      ASSERT_LE(static_cast<double>(last - first + 1), rate.burst + rate.per_second * span + 1e-6);
    }
  }
}

TEST(RateLimit, NeverMoreThanBurstAndRateInAnySpan) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    base::SeededRandom random(seed);
    const model::Rate rate{.per_second = std::pow(10.0, 7 * random.Unit() - 2),
                           .burst = 1 + static_cast<uint32_t>(random.Next() % 30)};
    RateLimit limit;
    base::MonoTime now = kStart;
    std::vector<base::MonoTime> taken;
    while (taken.size() < 500) {
      const double steps = random.Unit() < 0.02 ? 100 : 2;
      now += nanoseconds(static_cast<int64_t>(steps * random.Unit() * 1e9 / rate.per_second));
      for (uint64_t tries = random.Next() % 4; tries > 0; --tries) {
        if (limit.Take(rate, now)) taken.push_back(now);
      }
    }
    CheckSpans(taken, rate);
  }
}

TEST(RateLimit, GivesTheWholeRateInTheLongRun) {
  for (const double per_second : {3.0, 7.0, 99'999.0}) {
    const model::Rate rate{.per_second = per_second, .burst = 1};
    RateLimit limit;
    base::MonoTime now = kStart;
    const base::MonoTime end = kStart + seconds(10);
    double taken = 0;
    for (; now < end; now = limit.NextAt(rate, now)) taken += limit.Take(rate, now) ? 1 : 0;
    EXPECT_LE(taken, 1 + 10 * per_second);
    EXPECT_GE(taken, 10 * per_second * (1 - 1e-4) - 1);
  }
}

TEST(RateLimit, AnotherRateFindsAsManyTokensMissing) {
  const model::Rate slow{.per_second = 0.01, .burst = 100'000};
  const model::Rate fast{.per_second = 100, .burst = 10};
  RateLimit limit;
  EXPECT_EQ(TakeAll(limit, slow, kStart), 100'000u);
  EXPECT_FALSE(limit.Ready(fast, kStart));
  EXPECT_EQ(limit.NextAt(fast, kStart), kStart + std::chrono::milliseconds(10))
      << "no more than empty";
  EXPECT_TRUE(limit.Take(fast, limit.NextAt(fast, kStart)));

  RateLimit other;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(other.Take(fast, kStart));
  EXPECT_EQ(TakeAll(other, {.per_second = 1, .burst = 6}, kStart), 2u);
}

}  // namespace
}  // namespace carillon::policy
