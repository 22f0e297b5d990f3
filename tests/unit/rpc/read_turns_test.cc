#include "read_turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>
#include <vector>

namespace carillon::rpc {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<int> g_woken;
std::set<int> g_empty;  ///< have nothing to read

std::vector<int> Woken() { return std::exchange(g_woken, {}); }

class ReadTurnsTest : public testing::Test {
 protected:
  ReadTurnsTest() { g_woken.clear(), g_empty.clear(); }

  void Spend() { turns_.Took(ReadTurns::kWork); }
  bool Ask(int fd, uint64_t poll, bool light = false) {
    return turns_.Ask(fd, poll, base::MonoTime{now_}, light);
  }

  milliseconds now_{0};
  ReadTurns turns_{[](int fd) {
    if (g_empty.contains(fd)) return false;
    g_woken.push_back(fd);
    return true;
  }};
};

TEST_F(ReadTurnsTest, IsFreeUntilTheTurnIsSpent) {
  EXPECT_TRUE(turns_.Free(1));
  turns_.Took(ReadTurns::kWork - 1);
  EXPECT_TRUE(turns_.Free(1));
  turns_.Took(1);
  EXPECT_FALSE(turns_.Free(1));
  EXPECT_THAT(Woken(), IsEmpty());
}

TEST_F(ReadTurnsTest, TheFirstThatWaitsIsWokenAndBeginsTheNextTurn) {
  Spend();
  EXPECT_FALSE(Ask(1, 7));
  EXPECT_THAT(Woken(), ElementsAre(1));
  EXPECT_FALSE(Ask(1, 7)) << "asked again before the others had their turn";
  EXPECT_FALSE(Ask(2, 7));
  EXPECT_THAT(Woken(), IsEmpty());
  EXPECT_TRUE(Ask(1, 8));
  EXPECT_THAT(Woken(), ElementsAre(2));
  EXPECT_TRUE(turns_.Free(3));
  EXPECT_FALSE(turns_.Free(2)) << "the marker has to ask";
  EXPECT_EQ(turns_.held(), 2u) << "asking again is no other wait";
}

TEST_F(ReadTurnsTest, ATurnThatWasOverdrawnIsNotMadeUpFor) {
  turns_.Took(100 * ReadTurns::kWork);
  EXPECT_FALSE(Ask(1, 1));
  EXPECT_TRUE(Ask(1, 2));
  EXPECT_TRUE(turns_.Free(2));
}

TEST_F(ReadTurnsTest, SomeAreWokenWithATurnInTheirOrder) {
  Spend();
  for (int fd = 1; fd < 20; ++fd) EXPECT_FALSE(Ask(fd, 1));
  EXPECT_THAT(Woken(), ElementsAre(1));
  EXPECT_TRUE(Ask(1, 2));
  EXPECT_THAT(Woken(), ElementsAre(2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_TRUE(turns_.Free(2));
  EXPECT_FALSE(turns_.Free(9)) << "the last of them is the marker";
}

TEST_F(ReadTurnsTest, OneThatWasReadMeanwhileIsNoMarker) {
  Spend();
  for (int fd = 1; fd < 4; ++fd) EXPECT_FALSE(Ask(fd, 1));
  g_empty.insert(3);
  Woken();
  EXPECT_TRUE(Ask(1, 2));
  EXPECT_THAT(Woken(), ElementsAre(2));
  Spend();
  EXPECT_TRUE(Ask(2, 3)) << "it is the marker";
}

TEST_F(ReadTurnsTest, OneThatAsksOftenWaitsOnce) {
  Spend();
  EXPECT_FALSE(Ask(1, 1));
  for (uint64_t poll = 1; poll < 5; ++poll) EXPECT_FALSE(Ask(2, poll));
  EXPECT_TRUE(Ask(1, 9));
  EXPECT_THAT(Woken(), ElementsAre(1, 2));
}

TEST_F(ReadTurnsTest, AMarkerThatIsGoneHoldsNobodyUp) {
  Spend();
  EXPECT_FALSE(Ask(1, 1));
  EXPECT_FALSE(Ask(2, 1));
  EXPECT_FALSE(Ask(3, 1));
  turns_.Forget(2, base::MonoTime{now_});
  Woken();
  turns_.Forget(1, base::MonoTime{now_});
  EXPECT_THAT(Woken(), ElementsAre(3));
  EXPECT_TRUE(Ask(3, 1));
}

TEST_F(ReadTurnsTest, AMarkerThatDoesNotComeIsGivenUp) {
  Spend();
  EXPECT_FALSE(Ask(1, 1));
  EXPECT_FALSE(Ask(2, 1));
  Woken();
  now_ = ReadTurns::kPatience;
  turns_.Look(base::MonoTime{now_});
  EXPECT_THAT(Woken(), IsEmpty());
  now_ += milliseconds(1);
  turns_.Look(base::MonoTime{now_});
  EXPECT_THAT(Woken(), ElementsAre(1, 2)) << "it is woken again, and another is the marker";
  Spend();
  EXPECT_FALSE(Ask(1, 2));
  now_ += ReadTurns::kPatience + milliseconds(1);
  EXPECT_TRUE(Ask(3, 2)) << "whoever comes sees that the marker is overdue";
  EXPECT_THAT(Woken(), ElementsAre(2, 1));
}

TEST_F(ReadTurnsTest, AMarkerThatIsAloneIsWokenAgain) {
  Spend();
  EXPECT_FALSE(Ask(1, 1));
  for (int i = 0; i < 3; ++i) {
    Woken();
    now_ += ReadTurns::kPatience + milliseconds(1);
    turns_.Look(base::MonoTime{now_});
    EXPECT_THAT(Woken(), ElementsAre(1));
  }
}

TEST_F(ReadTurnsTest, LightOnesAreWokenFirstAndOneOther) {
  Spend();
  for (int fd = 1; fd < 20; ++fd) EXPECT_FALSE(Ask(fd, 1));
  for (int fd = 101; fd < 120; ++fd) EXPECT_FALSE(Ask(fd, 1, true));
  Woken();
  EXPECT_TRUE(Ask(1, 2));
  EXPECT_THAT(Woken(), ElementsAre(101, 102, 103, 104, 105, 106, 107, 2));
}

TEST_F(ReadTurnsTest, ALightOneThatWasWokenIsReadWhateverCameBeforeIt) {
  Spend();
  EXPECT_FALSE(Ask(1, 1));
  EXPECT_FALSE(Ask(101, 1, true));
  EXPECT_FALSE(Ask(2, 1));
  EXPECT_TRUE(Ask(1, 2));
  Spend();  // by what is new
  EXPECT_TRUE(Ask(101, 2, true));
  EXPECT_FALSE(Ask(101, 2, true)) << "once";
}

TEST_F(ReadTurnsTest, WhatAnInvitationWasForMayBeGone) {
  Spend();
  EXPECT_FALSE(Ask(1, 1));
  EXPECT_FALSE(Ask(101, 1, true));
  EXPECT_FALSE(Ask(102, 1, true));
  EXPECT_FALSE(Ask(2, 1));
  turns_.Forget(102, base::MonoTime{now_});
  EXPECT_TRUE(Ask(1, 2));
  turns_.Forget(101, base::MonoTime{now_});
  Spend();
  EXPECT_FALSE(Ask(101, 2)) << "another connection with that number";
  EXPECT_FALSE(Ask(102, 2));
}

/// The kernel's list of what is ready, as one thread works it off: a peer with 300 connections of
/// 500 units each beside one connection of another peer. What stands before the other's reads?
TEST_F(ReadTurnsTest, AFloodDoesNotStandBeforeOthers) {
  constexpr int kOther = 1000;
  std::deque<int> ready;
  std::map<int, int> unread;
  for (int fd = 0; fd < 300; ++fd) {
    ready.push_back(fd);
    unread[fd] = 500;
  }
  ready.push_back(kOther);
  int before = 0, most = 0, reads = 0;
  uint64_t poll = 0;
  while (!ready.empty()) {
    const int fd = ready.front();
    ready.pop_front();
    ++poll;
    if (fd == kOther) {
      most = std::max(most, std::exchange(before, 0));
      if (++reads < 1000) ready.push_back(kOther);
      continue;
    }
    while (unread[fd] > 0 && (turns_.Free(fd) || Ask(fd, poll))) {
      const int some = std::min(34, unread[fd]);
      unread[fd] -= some;
      before += some;
      turns_.Took(static_cast<uint32_t>(some));
    }
    for (const int woken : Woken()) ready.push_back(woken);
  }
  EXPECT_EQ(reads, 1000);
  EXPECT_LE(most, 2 * (ReadTurns::kWork + 34)) << "the rest of a turn and the next one";
  for (const auto& [fd, left] : unread) EXPECT_EQ(left, 0) << fd;
}

/// The same from the flood's own address, and new connections of the flood all the time.
TEST_F(ReadTurnsTest, AFloodDoesNotStandBeforeALightConnectionOfItsAddress) {
  constexpr int kLight = 1'000'000;
  std::deque<int> ready{kLight};
  std::map<int, int> unread;
  int next = 0, before = 0, most = 0, reads = 0;
  uint64_t poll = 0;
  const auto connect = [&] {
    ready.push_back(next);
    unread[next++] = 100;
  };
  for (int i = 0; i < 300; ++i) connect();
  while (!ready.empty()) {
    const int fd = ready.front();
    ready.pop_front();
    ++poll;
    if (fd == kLight) {
      if (turns_.Free(fd) || Ask(fd, poll, true)) {
        turns_.Took(2);
        most = std::max(most, std::exchange(before, 0));
        if (++reads < 1000) ready.push_back(kLight);
      }
    } else {
      int read = 0;
      while (unread[fd] > 0 && (turns_.Free(fd) || Ask(fd, poll))) {
        const int some = std::min(34, unread[fd]);
        unread[fd] -= some;
        read += some;
        turns_.Took(static_cast<uint32_t>(some));
      }
      before += read;
      if (read > 0 && next < 20'000 && poll % 2 == 0) connect();
    }
    for (const int woken : Woken()) ready.push_back(woken);
  }
  EXPECT_EQ(reads, 1000);
  EXPECT_LE(most, 4 * (ReadTurns::kWork + 34)) << "of units; a round of the flood has 30,000";
  for (const auto& [fd, left] : unread) EXPECT_EQ(left, 0) << fd;
}

}  // namespace
}  // namespace carillon::rpc
