#include <gtest/gtest.h>

#include "request_inbox.h"

namespace carillon::journal {
namespace {

const base::SystemClock kClock;

base::MonoTime Now() { return kClock.Mono(); }

/// Its time goes by in steps, one with each look.
class SteppingClock final : public base::Clock {
 public:
  explicit SteppingClock(std::chrono::nanoseconds step) : step_(step) {}
  base::WallTime Wall() const override { return {}; }
  base::MonoTime Mono() const override { return now_ += step_; }

 private:
  const std::chrono::nanoseconds step_;
  mutable base::MonoTime now_{};
};

AppendRequest Append(size_t bytes, size_t events = 1) {
  AppendRequest request;
  request.events.resize(events);
  request.bytes = bytes;
  return request;
}

SettleRequest Settle(size_t rows) {
  SettleRequest request;
  request.settlement.attempts.resize(rows);
  return request;
}

TEST(Inbox, HoldsAppendsBackUntilItIsOpened) {
  Inbox inbox(kClock);
  AppendRequest append = Append(1);
  ASSERT_TRUE(inbox.Add(append));
  EXPECT_TRUE(inbox.Take(Now(), false).appends.empty());
  InboxTask task = [] {};
  inbox.Add(task);
  EXPECT_EQ(inbox.Take(Now() + std::chrono::hours(1), false).tasks.size(), 1u);
  inbox.Open();
  EXPECT_EQ(inbox.Take(Now() + std::chrono::hours(1), false).appends.size(), 1u);
}

TEST(Inbox, BoundsAGroupInBytesAndEvents) {
  Inbox inbox(kClock);
  inbox.Open();
  for (int i = 0; i < 5; ++i) {
    AppendRequest append = Append(Inbox::kMaxBytes / 2);
    inbox.Add(append);
  }
  EXPECT_EQ(inbox.Take(Now(), false).appends.size(), 2u);
  EXPECT_EQ(inbox.Take(Now(), false).appends.size(), 2u);
  EXPECT_EQ(inbox.Take(Now(), false).appends.size(), 1u);
  for (int i = 0; i < 3; ++i) {
    AppendRequest append = Append(1, Inbox::kMaxEvents * 3 / 4);
    inbox.Add(append);
  }
  EXPECT_EQ(inbox.Take(Now(), false).appends.size(), 1u);
  AppendRequest huge = Append(Inbox::kMaxBytes * 3);
  Inbox other(kClock);
  other.Open();
  other.Add(huge);
  EXPECT_EQ(other.Take(Now(), false).appends.size(), 1u);
}

TEST(Inbox, BoundsAGroupInRows) {
  Inbox inbox(kClock);
  inbox.Open();
  for (int i = 0; i < 3; ++i) {
    SettleRequest settle = Settle(Inbox::kMaxRows / 2);
    inbox.Add(settle);
  }
  EXPECT_EQ(inbox.Take(Now() + std::chrono::hours(1), false).settlements.size(), 2u);
  EXPECT_EQ(inbox.Take(Now() + std::chrono::hours(1), false).settlements.size(), 1u);
}

// By the clock that it was given, where minutes go by between two looks.
TEST(Inbox, HoldsSettlementsAloneBackForAMomentOfItsClock) {
  const SteppingClock clock(std::chrono::minutes(1));
  Inbox inbox(clock);
  inbox.Open();
  SettleRequest settle = Settle(1);
  inbox.Add(settle);
  EXPECT_EQ(inbox.Take(clock.Mono() + std::chrono::hours(1), false).settlements.size(), 1u);
  EXPECT_LT(clock.Mono(), base::MonoTime(std::chrono::minutes(10)));
  EXPECT_GT(clock.Mono(), base::MonoTime(std::chrono::minutes(4)));
}

TEST(Inbox, SettlementsAloneWaitForTheirMoment) {
  const SteppingClock clock(std::chrono::microseconds(300));
  Inbox inbox(clock);
  inbox.Open();
  const base::MonoTime before = clock.Mono();
  SettleRequest settle = Settle(1);
  inbox.Add(settle);
  EXPECT_EQ(inbox.Take(before + std::chrono::hours(1), false).settlements.size(), 1u);
  EXPECT_GE(clock.Mono() - before, std::chrono::milliseconds(2));
}

TEST(Inbox, WhatWasTakenCountsNoMore) {
  const SteppingClock clock(std::chrono::microseconds(300));
  Inbox inbox(clock);
  inbox.Open();
  SettleRequest full = Settle(Inbox::kMaxRows);
  inbox.Add(full);
  EXPECT_EQ(inbox.Take(clock.Mono() + std::chrono::hours(1), false).settlements.size(), 1u);
  const base::MonoTime before = clock.Mono();
  SettleRequest settle = Settle(1);
  inbox.Add(settle);
  EXPECT_EQ(inbox.Take(before + std::chrono::hours(1), false).settlements.size(), 1u);
  EXPECT_GE(clock.Mono() - before, std::chrono::milliseconds(2)) << "it waits for others again";
}

TEST(Inbox, WaitsForItsOpeningWhateverLiesInIt) {
  const SteppingClock clock(std::chrono::milliseconds(1));
  Inbox inbox(clock);
  AppendRequest append = Append(1);
  inbox.Add(append);
  SettleRequest settle = Settle(Inbox::kMaxRows);
  inbox.Add(settle);
  const base::MonoTime deadline = clock.Mono() + std::chrono::milliseconds(6);
  inbox.Take(deadline, false);
  EXPECT_GE(clock.Mono(), deadline) << "it would ask again and again";
}

TEST(Inbox, CountsAllThatASettlementWrites) {
  Settlement settlement;
  settlement.attempts.resize(1);
  settlement.parked.resize(2);
  settlement.unparked.resize(3);
  settlement.dead.resize(4);
  settlement.cursors.resize(5);
  settlement.healths.resize(6);
  settlement.events.resize(7);
  EXPECT_EQ(RowCount(settlement), 28u);
  settlement.parked[1].rest.resize(kMaxRest);
  EXPECT_GT(RowCount(settlement), 28u + 20u);
}

TEST(Inbox, SettlementsGoWithAppendsAndAreHeldWhenTold) {
  Inbox inbox(kClock);
  inbox.Open();
  SettleRequest settle = Settle(1);
  inbox.Add(settle);
  AppendRequest append = Append(1);
  inbox.Add(append);
  Group group = inbox.Take(Now() + std::chrono::hours(1), true);
  EXPECT_EQ(group.appends.size(), 1u);
  EXPECT_TRUE(group.settlements.empty());
  EXPECT_TRUE(inbox.Take(Now(), true).settlements.empty());
  EXPECT_EQ(inbox.Take(Now() + std::chrono::hours(1), false).settlements.size(), 1u);
}

TEST(Inbox, GivesOutEverythingBeforeItStops) {
  Inbox inbox(kClock);  // never opened
  for (int i = 0; i < 3; ++i) {
    AppendRequest append = Append(Inbox::kMaxBytes);
    inbox.Add(append);
  }
  SettleRequest settle = Settle(1);
  inbox.Add(settle);
  inbox.Stop();
  EXPECT_FALSE(inbox.Add(settle));
  size_t appends = 0;
  size_t settlements = 0;
  Group group;
  do {
    group = inbox.Take(Now() + std::chrono::hours(1), true);
    appends += group.appends.size();
    settlements += group.settlements.size();
  } while (!group.stopping);
  EXPECT_EQ(appends, 3u);
  EXPECT_EQ(settlements, 1u);
}

}  // namespace
}  // namespace carillon::journal
