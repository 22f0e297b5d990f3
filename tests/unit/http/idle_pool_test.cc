#include "idle_pool.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <vector>

namespace carillon::http {
namespace {

using std::chrono::milliseconds;

class IdlePoolTest : public testing::Test {
 protected:
  /// A connection that was used every `gap` until it became idle `ago`.
  std::unique_ptr<IdleSlot> Idle(milliseconds ago, std::optional<milliseconds> gap = std::nullopt) {
    auto slot = std::make_unique<IdleSlot>();
    if (gap) slot->Expect(*gap);
    pool_.Add(*slot, now_ - ago);
    return slot;
  }

  base::MonoTime now_{std::chrono::hours(1)};
  IdlePool pool_;
};

TEST_F(IdlePoolTest, NothingIsIdle) {
  EXPECT_EQ(pool_.LeastNeeded(now_), nullptr);
  Idle(milliseconds(1));
  EXPECT_EQ(pool_.size(), 0u) << "it left when it went";
  EXPECT_EQ(pool_.LeastNeeded(now_), nullptr);
}

TEST_F(IdlePoolTest, OfThoseThatWereNeverUsedTwiceItIsTheLongestIdle) {
  const auto young = Idle(milliseconds(10)), old = Idle(milliseconds(20)),
             other = Idle(milliseconds(5));
  EXPECT_EQ(pool_.LeastNeeded(now_), old.get());
}

TEST_F(IdlePoolTest, ItIsTheOneWhoseNextUseIsFarthest) {
  const auto often = Idle(milliseconds(15), milliseconds(20));
  const auto soon = Idle(milliseconds(900), milliseconds(1000));
  const auto just_used = Idle(milliseconds(1), milliseconds(1000));
  EXPECT_EQ(pool_.LeastNeeded(now_), just_used.get());
  just_used->Leave();
  EXPECT_EQ(pool_.LeastNeeded(now_), soon.get());
  const auto unknown = Idle(milliseconds(1));
  EXPECT_EQ(pool_.LeastNeeded(now_), unknown.get());
}

TEST_F(IdlePoolTest, WhatStaysAwayForLongerThanEverIsNotExpected) {
  const auto gone = Idle(milliseconds(5000), milliseconds(20));
  const auto late = Idle(milliseconds(1500), milliseconds(1000));
  EXPECT_EQ(pool_.LeastNeeded(now_), gone.get());
}

TEST_F(IdlePoolTest, GapsAreLearned) {
  const auto slot = Idle(milliseconds(100));
  slot->Use(now_);
  EXPECT_FALSE(slot->idle());
  pool_.Add(*slot, now_);
  EXPECT_EQ(slot->NextUse(now_), milliseconds(100));
  slot->Use(now_ + milliseconds(300));
  pool_.Add(*slot, now_ + milliseconds(300));
  EXPECT_EQ(slot->NextUse(now_ + milliseconds(300)), milliseconds(200));
}

TEST_F(IdlePoolTest, AnyOfThemCanLeave) {
  std::vector<std::unique_ptr<IdleSlot>> slots;
  for (int i = 0; i < 100; ++i) slots.push_back(Idle(milliseconds(i)));
  for (size_t i = 0; i < 100; i += 3) slots[i].reset();
  for (size_t i = 1; i < 100; i += 3) slots[i]->Leave();
  EXPECT_EQ(pool_.size(), 33u);
  while (IdleSlot* const least = pool_.LeastNeeded(now_)) least->Leave();
  EXPECT_EQ(pool_.size(), 0u);
}

/// Destinations with a place each as long as there are places; who has none takes that of another.
class Turns {
 public:
  explicit Turns(size_t places) : places_(places) {}

  /// Whether `who` had its connection still.
  bool Use(size_t who, base::MonoTime now) {
    std::unique_ptr<IdleSlot>& slot = slots_[who];
    const bool kept = slot != nullptr;
    if (kept) {
      slot->Use(now);
    } else {
      if (pool_.size() == places_) Close(*pool_.LeastNeeded(now));
      slot = std::make_unique<IdleSlot>();
      if (used_[who] != base::MonoTime{}) slot->Expect(now - used_[who]);
    }
    used_[who] = now;
    pool_.Add(*slot, now);
    return kept;
  }

 private:
  void Close(const IdleSlot& gone) {
    for (auto& slot : slots_) {
      if (slot.get() == &gone) return slot.reset();
    }
  }

  const size_t places_;
  IdlePool pool_;
  std::array<std::unique_ptr<IdleSlot>, 1010> slots_;
  std::array<base::MonoTime, 1010> used_{};
};

// One after the other, always in the same order: the best that can be done is to keep 40 %, and
// closing what was idle for longest keeps nothing.
TEST_F(IdlePoolTest, WhereMoreTakeTurnsThanThereArePlacesAPartKeepsItsConnections) {
  Turns turns(410);
  int kept = 0, closed = 0;
  for (int second = 0; second < 20; ++second) {
    for (int turn = 0; turn < 50; ++turn) {  // of 20 ms, the first ten of which bring the thousand
      for (size_t often = 1000; often < 1010; ++often) {
        const bool had = turns.Use(often, now_);
        closed += second >= 1 && !had ? 1 : 0;
      }
      for (size_t i = 0; i < 100; ++i) {
        now_ += std::chrono::microseconds(200);
        const size_t who = static_cast<size_t>(turn) * 100 + i;
        if (who < 1000) kept += turns.Use(who, now_) && second >= 10 ? 1 : 0;
      }
    }
  }
  EXPECT_GT(kept, 2500) << "of 10,000 uses";
  EXPECT_EQ(closed, 0) << "of what is used all the time";
}

}  // namespace
}  // namespace carillon::http
