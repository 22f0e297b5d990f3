#include "carillon/access/publish_quota.h"

#include <gtest/gtest.h>

namespace carillon::access {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const base::MonoTime kBegin = base::MonoTime(std::chrono::hours(1));

/// Counts a message of so many events and bytes, or says after how long it can be sent.
std::optional<std::chrono::nanoseconds> Take(PublishQuota& quota, uint64_t events, uint64_t bytes,
                                             base::MonoTime now) {
  const auto wait = quota.Wait(now);
  if (!wait) quota.Charge(events, bytes, now);
  return wait;
}

TEST(PublishQuota, WithoutBoundsEverythingIsTaken) {
  PublishQuota quota({}, kBegin);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(Take(quota, 1000, 16u << 20, kBegin));
}

TEST(PublishQuota, ASecondsWorthAtOnceThenTheRate) {
  PublishQuota quota({.events_per_second = 100}, kBegin);
  int taken = 0;
  while (!Take(quota, 1, 1, kBegin)) ++taken;
  EXPECT_EQ(taken, 100);
  for (base::MonoTime now = kBegin; now < kBegin + seconds(10); now += milliseconds(1)) {
    if (!Take(quota, 1, 1, now)) ++taken;
  }
  EXPECT_NEAR(taken, 1100, 2);
}

TEST(PublishQuota, ALargeMessageIsPaidForAfterwards) {
  PublishQuota quota({.events_per_second = 10}, kBegin);
  EXPECT_FALSE(Take(quota, 1000, 1, kBegin));
  const auto wait = Take(quota, 1, 1, kBegin);
  ASSERT_TRUE(wait);
  EXPECT_EQ(std::chrono::round<seconds>(*wait), seconds(99));
  EXPECT_TRUE(Take(quota, 1, 1, kBegin + seconds(98)));
  EXPECT_FALSE(Take(quota, 1, 1, kBegin + *wait + milliseconds(1)));
}

TEST(PublishQuota, BytesAreBoundedBesides) {
  PublishQuota quota({.events_per_second = 1000, .bytes_per_second = 1000}, kBegin);
  EXPECT_FALSE(Take(quota, 1, 1500, kBegin));
  const auto wait = Take(quota, 1, 1, kBegin);
  ASSERT_TRUE(wait);
  EXPECT_EQ(std::chrono::round<milliseconds>(*wait), milliseconds(500));
}

/// What is refused is not counted: who waits as told gets in.
TEST(PublishQuota, RefusalsCostNothing) {
  PublishQuota quota({.events_per_second = 0.5}, kBegin);
  EXPECT_FALSE(Take(quota, 1, 1, kBegin));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(Take(quota, 1, 1, kBegin));
  const auto wait = Take(quota, 1, 1, kBegin);
  EXPECT_FALSE(Take(quota, 1, 1, kBegin + *wait + milliseconds(1)));
}

TEST(PublishQuota, AClockThatStandsStillGivesNothing) {
  PublishQuota quota({.events_per_second = 1}, kBegin + seconds(5));
  EXPECT_FALSE(Take(quota, 1, 1, kBegin + seconds(5)));
  EXPECT_TRUE(Take(quota, 1, 1, kBegin));
  EXPECT_TRUE(Take(quota, 1, 1, kBegin + seconds(5)));
}

}  // namespace
}  // namespace carillon::access
