#include "deadline_wheel.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "carillon/base/random.h"

namespace carillon::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Probe final : Deadline {
  void OnDeadline() override {
    fired_at.push_back(steady_clock::now());
    if (then) then();
  }
  std::vector<steady_clock::time_point> fired_at;
  std::function<void()> then;
};

class DeadlineWheelTest : public testing::Test {
 protected:
  boost::asio::io_context io_{1};
  base::SystemClock clock_;
  DeadlineWheel wheel_{io_.get_executor(), clock_};
};

TEST_F(DeadlineWheelTest, FiresOnceAndNeverEarly) {
  base::SeededRandom random(7);
  std::vector<Probe> probes(200);
  std::vector<steady_clock::time_point> due;
  for (Probe& probe : probes) {
    due.push_back(steady_clock::now() + milliseconds(random.Next() % 100));
    wheel_.Set(probe, due.back());
  }
  io_.run();
  for (size_t i = 0; i < probes.size(); ++i) {
    ASSERT_EQ(probes[i].fired_at.size(), 1U);
    EXPECT_GE(probes[i].fired_at[0], due[i]);
  }
}

TEST_F(DeadlineWheelTest, StopsItsTimerWhenNothingIsSet) {
  io_.run();  // returns: the timer is not armed
  Probe probe;
  wheel_.Set(probe, steady_clock::now() + milliseconds(10));
  probe.ClearDeadline();
  io_.restart();
  io_.run();
  EXPECT_TRUE(probe.fired_at.empty());
}

TEST_F(DeadlineWheelTest, AnEarlierDeadlineMovesTheTimer) {
  Probe late;
  Probe early;
  wheel_.Set(late, steady_clock::now() + std::chrono::hours(1));
  wheel_.Set(early, steady_clock::now() + milliseconds(20));
  early.then = [&] { late.ClearDeadline(); };
  io_.run();
  EXPECT_EQ(early.fired_at.size(), 1U);
  EXPECT_TRUE(late.fired_at.empty());
}

TEST_F(DeadlineWheelTest, WhatIsBeyondATurnWaitsForItsOwn) {
  // The same slot, one turn (1024 ticks of 8 ms) later.
  Probe now;
  Probe next_turn;
  const auto at = steady_clock::now() + milliseconds(24);
  wheel_.Set(next_turn, at + milliseconds(8 * 1024));
  wheel_.Set(now, at);
  while (now.fired_at.empty()) io_.run_one();
  EXPECT_TRUE(next_turn.fired_at.empty());
  next_turn.ClearDeadline();
}

TEST_F(DeadlineWheelTest, MayBeSetAndClearedFromWithin) {
  Probe first;
  Probe second;
  Probe cleared;
  const auto at = steady_clock::now() + milliseconds(10);
  first.then = [&] {
    cleared.ClearDeadline();
    wheel_.Set(second, steady_clock::now());
  };
  wheel_.Set(first, at);
  wheel_.Set(cleared, at);
  io_.run();
  EXPECT_EQ(first.fired_at.size(), 1U);
  EXPECT_EQ(second.fired_at.size(), 1U);
  EXPECT_TRUE(cleared.fired_at.empty());
}

TEST_F(DeadlineWheelTest, SettingAgainMoves) {
  Probe probe;
  wheel_.Set(probe, steady_clock::now() + milliseconds(1));
  const auto at = steady_clock::now() + milliseconds(40);
  wheel_.Set(probe, at);
  io_.run();
  ASSERT_EQ(probe.fired_at.size(), 1U);
  EXPECT_GE(probe.fired_at[0], at);
}

/// Far behind the system's.
class LateClock final : public base::Clock {
 public:
  base::WallTime Wall() const override { return {}; }
  base::MonoTime Mono() const override { return steady_clock::now() - std::chrono::hours(10); }
};

TEST(DeadlineWheelClockTest, KeepsToTheClockThatItWasGiven) {
  const LateClock clock;
  boost::asio::io_context io(1);
  DeadlineWheel wheel(io.get_executor(), clock);
  Probe probe;
  const base::MonoTime at = clock.Mono() + milliseconds(20);
  wheel.Set(probe, at);
  io.run();
  ASSERT_EQ(probe.fired_at.size(), 1U);
  EXPECT_GE(clock.Mono(), at);
}

TEST(DeadlineWheelLifeTest, GoesBeforeItsTimerCalls) {
  const base::SystemClock clock;
  boost::asio::io_context io(1);
  Probe probe;
  {
    DeadlineWheel wheel(io.get_executor(), clock);
    wheel.Set(probe, steady_clock::now() - milliseconds(1));
  }
  io.run();
  EXPECT_TRUE(probe.fired_at.empty());
}

}  // namespace
}  // namespace carillon::http
