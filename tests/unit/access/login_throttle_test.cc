#include "carillon/access/login_throttle.h"

#include <gtest/gtest.h>

#include <vector>

namespace carillon::access {
namespace {

using std::chrono::seconds;

const base::MonoTime kStart = base::MonoTime(std::chrono::hours(1));

TEST(LoginThrottle, TenAtOnceThenTheAddressWaits) {
  LoginThrottle throttle({});
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(throttle.Failed("10.0.0.1", kStart)) << i;
  }
  EXPECT_FALSE(throttle.Wait("10.0.0.1", kStart));
  EXPECT_EQ(throttle.Failed("10.0.0.1", kStart), seconds(10));
  EXPECT_EQ(throttle.Wait("10.0.0.1", kStart + seconds(4)), seconds(6));
  EXPECT_FALSE(throttle.Wait("10.0.0.1", kStart + seconds(10)));
  EXPECT_FALSE(throttle.Wait("10.0.0.2", kStart));
}

TEST(LoginThrottle, WaitsGrowWhileItGoesOnAndEnd) {
  LoginThrottle throttle({});
  base::MonoTime now = kStart;
  std::vector<int64_t> waits;
  for (int i = 0; i < 400 && waits.size() < 9; ++i) {
    if (const auto wait = throttle.Failed("a", now)) {
      waits.push_back(std::chrono::duration_cast<seconds>(*wait).count());
      now += *wait;
    }
  }
  EXPECT_EQ(waits, (std::vector<int64_t>{10, 20, 40, 80, 160, 320, 600, 600, 600}));
  // A minute without failures, and all is as in the beginning.
  now += seconds(61);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(throttle.Failed("a", now)) << i;
  EXPECT_EQ(throttle.Failed("a", now), seconds(10));
}

TEST(LoginThrottle, AFailureWhileWaitingChangesNothing) {
  LoginThrottle throttle({});
  for (int i = 0; i < 11; ++i) throttle.Failed("a", kStart);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(throttle.Failed("a", kStart + seconds(3)), seconds(7));
  }
}

TEST(LoginThrottle, NineAMinuteNeverWait) {
  LoginThrottle throttle({});
  for (int i = 0; i < 1000; ++i) {
    ASSERT_FALSE(throttle.Failed("a", kStart + i * std::chrono::milliseconds(6667))) << i;
  }
}

TEST(LoginThrottle, ForgetsWhoFailedLongestAgo) {
  LoginThrottle throttle({.failures_per_minute = 1, .max_addresses = 3});
  for (const char* const each : {"a", "b", "c"}) throttle.Failed(each, kStart);
  EXPECT_TRUE(throttle.Failed("a", kStart));
  throttle.Failed("d", kStart);
  EXPECT_EQ(throttle.addresses(), 3u);
  EXPECT_TRUE(throttle.Wait("a", kStart));
  EXPECT_FALSE(throttle.Failed("b", kStart)) << "was forgotten";
  EXPECT_EQ(throttle.addresses(), 3u);
}

TEST(LoginThrottle, ANetworkOfOneHouseholdIsOneAddress) {
  EXPECT_EQ(ThrottleKey("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(ThrottleKey("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(ThrottleKey("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(ThrottleKey("2001:db8:1:2::1"), ThrottleKey("2001:db8:1:2:ffff::"));
  EXPECT_NE(ThrottleKey("2001:db8:1:2::1"), ThrottleKey("2001:db8:1:3::1"));
  EXPECT_EQ(ThrottleKey("unix:"), "unix:");
}

}  // namespace
}  // namespace carillon::access
