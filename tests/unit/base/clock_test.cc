#include "carillon/base/clock.h"

#include <gmock/gmock.h>

namespace carillon::base {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(SimulatedClock, MovesOnlyWhenTold) {
  SimulatedClock clock(WallTime(seconds(100)));
  const MonoTime start = clock.Mono();
  EXPECT_EQ(clock.Wall(), WallTime(seconds(100)));
  clock.Advance(nanoseconds(5));
  EXPECT_EQ(clock.Wall(), WallTime(seconds(100) + nanoseconds(5)));
  EXPECT_EQ(clock.Mono() - start, nanoseconds(5));
}

TEST(SimulatedClock, OnlyTheTimeOfDayJumps) {
  SimulatedClock clock(WallTime(seconds(100)));
  const MonoTime start = clock.Mono();
  clock.JumpWall(-seconds(40));
  EXPECT_EQ(clock.Wall(), WallTime(seconds(60)));
  EXPECT_EQ(clock.Mono(), start);
}

TEST(SystemClock, IsInThisCenturyAndDoesNotGoBack) {
  const SystemClock clock;
  EXPECT_GT(ToUnixSeconds(clock.Wall()), 1'600'000'000);
  const MonoTime first = clock.Mono();
  EXPECT_LE(first, clock.Mono());
}

TEST(UnixTime, RoundsDownAndBack) {
  EXPECT_EQ(ToUnixSeconds(WallTime(nanoseconds(1'999'999'999))), 1);
  EXPECT_EQ(ToUnixSeconds(WallTime(nanoseconds(-1))), -1);
  EXPECT_EQ(ToUnixNanos(FromUnixNanos(-7)), -7);
  EXPECT_EQ(FromUnixNanos(INT64_MAX).time_since_epoch().count(), INT64_MAX);
}

}  // namespace
}  // namespace carillon::base
