#include "caps.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "carillon/base/random.h"
#include "sim_parts.h"

namespace carillon::delivery {
namespace {

/// Lanes that all have something to send, of which few may.
class CapsTest : public testing::Test {
 protected:
  CapsTest() {
    std::vector<model::Destination> destinations;
    for (const char* const tenant : {"t", "u"}) {
      for (int i = 0; i < kLanes; ++i) {
        destinations.emplace_back();
        destinations.back().tenant = tenant;
        destinations.back().name = std::string(tenant) + std::to_string(i);
      }
    }
    table_ = std::make_shared<SimTable>(
        std::move(destinations), [](const std::string&, const model::Event&) { return true; });
    for (uint32_t i = 0; i < 2 * kLanes; ++i) {
      auto lane = std::make_unique<Lane>(store::LaneState{.lane = i + 1},
                                         LaneBounds{.bytes = 1000, .floor_bytes = 100}, tracker_,
                                         std::make_shared<metrics::LaneMetrics>());
      lane->Bind(*table_, i, base::MonoTime{});
      caps_.Join(lanes_.Add(std::move(lane)));
    }
    Fill(*elsewhere_);
  }
  void Fill(policy::InFlightCaps::Tenant& tenant) {
    while (shared_->TryStart(tenant)) {
    }
  }
  /// All lanes of both tenants meet the cap.
  void AllWait() {
    lanes_.ForEach([this](Lane& lane) { EXPECT_FALSE(caps_.TryStart(lane, now_)); });
  }
  void EndElsewhere(int count) {
    for (; count > 0; --count) shared_->Finish(*elsewhere_);
  }
  /// A lane that may try again; null: none may.
  Lane* Next(Caps& caps) {
    const Caps::Next next = caps.TakeNext(now_);
    why_ = next.why;
    return next.lane;
  }
  /// The lane that was the next tries.
  bool TryAgain(Caps& caps, Lane& lane) { return caps.TryStart(lane, now_, why_); }
  /// Those that may try, by tenant; each starts, or waits again.
  std::map<std::string, int> Tries() {
    std::map<std::string, int> tries;
    while (Lane* const lane = Next(caps_)) {
      ++tries[lane->destination().tenant];
      if (TryAgain(caps_, *lane)) started_ = lane;
    }
    return tries;
  }

  static constexpr int kLanes = 100;
  Lane* started_ = nullptr;  // by Tries, the last
  LaneTry why_ = LaneTry::kFirst;
  base::MonoTime now_{std::chrono::hours(1)};
  Tracker tracker_;
  LaneMap lanes_;
  std::shared_ptr<const routing::RoutingTable> table_;
  std::shared_ptr<policy::InFlightCaps> shared_ = std::make_shared<policy::InFlightCaps>(8, 4);
  std::shared_ptr<policy::InFlightCaps::Tenant> elsewhere_ = shared_->TenantOf("others");
  std::shared_ptr<policy::InFlightCaps::Tenant> more_ = shared_->TenantOf("more");
  base::SeededRandom random_{7};
  Caps caps_{shared_, lanes_, random_};
};

TEST_F(CapsTest, WhatEndsElsewhereLetsAsManyTryAsThereIsRoomFor) {
  Fill(*more_);
  AllWait();
  now_ += Caps::kLook;
  EXPECT_TRUE(Tries().empty()) << "nothing has ended";
  EndElsewhere(2);
  EXPECT_TRUE(Tries().empty()) << "it is not time for a look";
  now_ += Caps::kLook;
  EXPECT_EQ(Tries(), (std::map<std::string, int>{{"t", 1}, {"u", 1}}));
  EXPECT_EQ(shared_->in_flight(), 8u);
  EXPECT_TRUE(caps_.Waits());
}

TEST_F(CapsTest, ATenantAtItsOwnCapLeavesTheRoomToTheOther) {
  lanes_.ForEach([this](Lane& lane) {
    if (lane.destination().tenant == "t") caps_.TryStart(lane, now_);
  });
  EXPECT_EQ(shared_->in_flight(), 8u);
  lanes_.ForEach([this](Lane& lane) {
    if (lane.destination().tenant == "u") caps_.TryStart(lane, now_);
  });
  EndElsewhere(3);
  now_ += Caps::kLook;
  EXPECT_EQ(Tries(), (std::map<std::string, int>{{"u", 3}}));
}

TEST_F(CapsTest, WhatEndsHereLetsOneOfItsTenantTryAndOneOfAnother) {
  Lane& first = *lanes_.Find(1);
  EndElsewhere(1);
  EXPECT_TRUE(caps_.TryStart(first, now_));
  Fill(*more_);
  AllWait();
  caps_.Finish(first);
  const auto tries = Tries();
  EXPECT_EQ(tries.at("t"), 1);
  EXPECT_LE(tries.size(), 2u);
  EXPECT_EQ(shared_->in_flight(), 8u);
  ASSERT_EQ(started_->destination().tenant, "t");
  caps_.Finish(*started_);
  EXPECT_EQ(Tries(), (std::map<std::string, int>{{"u", 1}})) << "now it is the other's";
}

TEST_F(CapsTest, WhatEndsHereAndElsewhereLetsOneOfItsTenantTryBesideTheNext) {
  Lane& running = *lanes_.Find(kLanes + 1);
  EndElsewhere(1);
  ASSERT_TRUE(caps_.TryStart(running, now_));
  Fill(*more_);
  AllWait();
  EndElsewhere(1);
  caps_.Finish(running);
  EXPECT_EQ(Tries(), (std::map<std::string, int>{{"t", 1}, {"u", 1}}));
}

// Whoever comes between takes the place, and not the turn.
TEST_F(CapsTest, OneThatFindsItsPlaceTakenKeepsItsTurn) {
  Fill(*more_);
  AllWait();
  EndElsewhere(1);
  now_ += Caps::kLook;
  Lane* const lane = Next(caps_);
  ASSERT_NE(lane, nullptr);
  Fill(*elsewhere_);
  EXPECT_FALSE(TryAgain(caps_, *lane));
  EndElsewhere(1);
  now_ += Caps::kLook;
  EXPECT_EQ(Next(caps_), lane);
}

TEST_F(CapsTest, EveryLaneHasItsTurn) {
  Fill(*more_);
  AllWait();
  EndElsewhere(4);
  std::map<Lane*, int> turns;
  for (int looks = 0; looks < 200 && turns.size() < 2 * kLanes; ++looks) {
    now_ += Caps::kLook;
    std::vector<Lane*> started;
    while (Lane* const lane = Next(caps_)) {
      if (!TryAgain(caps_, *lane)) continue;
      started.push_back(lane);
      ++turns[lane];
    }
    for (Lane* const lane : started) shared_->Finish(*lane->tenant);
  }
  EXPECT_EQ(turns.size(), size_t{2 * kLanes});
}

/// Lanes of both tenants always have something to send, for four places.
class CapsByWeight : public CapsTest {
 protected:
  void SetUp() override {
    Fill(*more_);
    AllWait();
    EndElsewhere(4);
  }
  /// How many attempts of each tenant start while so many end.
  std::map<std::string, int> Starts(int ends) {
    std::map<std::string, int> starts;
    const auto start = [&](Caps::Next next) {
      if (!caps_.TryStart(*next.lane, now_, next.why)) return;
      ++starts[next.lane->destination().tenant];
      running_.push_back(next.lane);
    };
    for (int i = 0; i < ends; ++i) {
      now_ += Caps::kLook / 3;
      while (const Caps::Next next = caps_.TakeNext(now_)) start(next);
      if (running_.empty()) continue;
      Lane* const ended = running_.front();
      running_.erase(running_.begin());
      caps_.Finish(*ended);
      while (const Caps::Next next = caps_.TakeNext(now_)) start(next);
      start({ended, LaneTry::kFirst});
    }
    return starts;
  }
  std::vector<Lane*> running_;
};

TEST_F(CapsByWeight, OfTheSameWeightEachHasHalf) {
  const auto starts = Starts(400);
  EXPECT_NEAR(starts.at("t"), 200, 4);
  EXPECT_NEAR(starts.at("u"), 200, 4);
}

TEST_F(CapsByWeight, OneOfThreeTimesTheWeightHasThreeTimesAsMuch) {
  shared_->SetBounds("t", {.weight = 3});
  const auto starts = Starts(400);
  EXPECT_NEAR(starts.at("t"), 300, 6);
  EXPECT_NEAR(starts.at("u"), 100, 6);
}

TEST_F(CapsByWeight, OneLookSharesOutWhatItFinds) {
  shared_->SetBounds("t", {.weight = 3});
  now_ += Caps::kLook;
  EXPECT_EQ(Tries(), (std::map<std::string, int>{{"t", 3}, {"u", 1}}));
}

TEST_F(CapsByWeight, WhereEachHasAnotherWeightOneMayHaveLess) {
  shared_->SetWeight(4);
  shared_->SetBounds("t", {.weight = 1});
  const auto starts = Starts(500);
  EXPECT_NEAR(starts.at("t"), 100, 6);
  EXPECT_NEAR(starts.at("u"), 400, 6);
}

TEST_F(CapsByWeight, WhatIsStoppedLeavesItsTurnsAndMakesUpForNothing) {
  shared_->SetBounds("t", {.stopped = true});
  const auto alone = Starts(300);
  EXPECT_FALSE(alone.contains("t"));
  EXPECT_GE(alone.at("u"), 299);
  shared_->SetBounds("t", {});
  const auto both = Starts(100);
  EXPECT_NEAR(both.at("t"), 50, 4) << "it takes its turns again, and no more";
}

/// Chance that always falls the same.
struct SameChance final : base::Random {
  explicit SameChance(uint64_t bits) : bits_(bits) {}
  uint64_t Next() override { return bits_; }
  const uint64_t bits_;
};

TEST_F(CapsTest, ChanceSpreadsTheLooksOverHalfAnInterval) {
  Fill(*more_);
  constexpr std::chrono::nanoseconds kLook = Caps::kLook;
  constexpr uint64_t kHalf = uint64_t{1} << 63;
  const std::map<uint64_t, std::chrono::nanoseconds> after = {
      {0, kLook / 2}, {kHalf, kLook * 3 / 4}, {~uint64_t{0}, kLook - std::chrono::nanoseconds(1)}};
  for (const auto& [bits, wait] : after) {
    SameChance chance(bits);
    Caps caps(shared_, lanes_, chance);
    EXPECT_FALSE(caps.TryStart(*lanes_.Find(1), now_));
    EXPECT_EQ(caps.LookAt(), now_ + wait) << bits;
    EXPECT_EQ(caps.TakeNext(now_ + wait).lane, nullptr);
    EXPECT_EQ(caps.LookAt(), now_ + 2 * wait) << bits;
  }
}

/// One shard always has something to send for the place that it has; another has none.
class CapsOfTwoShards : public CapsTest {
 protected:
  /// The looks until the other has a place, or none within many.
  std::optional<uint32_t> LooksUntilTheOtherHasOne() {
    Fill(*more_);
    EndElsewhere(1);
    Lane* running = lanes_.Find(1);
    EXPECT_TRUE(caps_.TryStart(*running, now_));
    EXPECT_FALSE(other_.TryStart(*lanes_.Find(kLanes + 1), now_));
    AllWait();
    for (uint32_t looks = 1; looks < 100; ++looks) {
      now_ += Caps::kLook;
      if (Lane* const lane = Next(other_); lane != nullptr) {
        EXPECT_TRUE(TryAgain(other_, *lane));
        return looks;
      }
      if (running == nullptr) running = Next(caps_);
      for (int ends = 0; ends < 3 && running != nullptr; ++ends) {
        caps_.Finish(*running);
        running = Next(caps_);
        while (running != nullptr && !TryAgain(caps_, *running)) running = Next(caps_);
      }
    }
    return std::nullopt;
  }

  Caps other_{shared_, lanes_, random_};
};

TEST_F(CapsOfTwoShards, APlaceIsLeftToTheOneThatHasNone) {
  const auto looks = LooksUntilTheOtherHasOne();
  ASSERT_TRUE(looks);
  EXPECT_LE(*looks, 2 * (Caps::kOfferEvery / Caps::kLook));
}

// Its lane has one attempt at a time, and comes for the place as soon as it is free.
TEST_F(CapsOfTwoShards, APlaceIsLeftByOneThatNeverWaits) {
  Fill(*more_);
  EndElsewhere(1);
  Lane& running = *lanes_.Find(1);
  ASSERT_TRUE(caps_.TryStart(running, now_));
  EXPECT_FALSE(other_.TryStart(*lanes_.Find(kLanes + 1), now_));
  bool runs = true;
  for (int looks = 0; looks < 8; ++looks) {
    now_ += Caps::kLook;
    if (runs) {
      caps_.Finish(running);
      runs = caps_.TryStart(running, now_);
    } else if (Next(caps_) != nullptr) {
      runs = TryAgain(caps_, running);
    }
    Lane* const lane = Next(other_);
    if (lane != nullptr && TryAgain(other_, *lane)) return;
  }
  FAIL() << "the other never has a place";
}

// Whoever else waits may wait for something else.
TEST_F(CapsOfTwoShards, APlaceThatNobodyTakesIsTakenAgain) {
  Fill(*more_);
  EXPECT_FALSE(other_.TryStart(*lanes_.Find(kLanes + 1), now_));
  EndElsewhere(1);
  Lane& lane = *lanes_.Find(1);
  EXPECT_FALSE(caps_.TryStart(lane, now_)) << "it is left to the other";
  constexpr std::chrono::nanoseconds kInstant{1};
  now_ += Caps::kLook - kInstant;
  EXPECT_EQ(Next(caps_), nullptr) << "the other may not have looked yet";
  now_ += kInstant;
  const base::MonoTime left = now_;
  Lane* next = nullptr;
  while (next == nullptr && now_ <= left + Caps::kLook) {
    next = Next(caps_);
    now_ += Caps::kLook / 5;
  }
  ASSERT_EQ(next, &lane);
  EXPECT_TRUE(TryAgain(caps_, lane));
  caps_.Finish(lane);
  EXPECT_TRUE(caps_.TryStart(lane, now_)) << "none was left a moment ago";
}

TEST_F(CapsOfTwoShards, NoneIsLeftWhereNobodyElseWaits) {
  Fill(*more_);
  EndElsewhere(1);
  Lane* running = lanes_.Find(1);
  ASSERT_TRUE(caps_.TryStart(*running, now_));
  AllWait();
  for (int ends = 0; ends < 40; ++ends) {
    now_ += Caps::kLook;
    while (Lane* const lane = Next(caps_)) EXPECT_FALSE(TryAgain(caps_, *lane));
    caps_.Finish(*running);
    running = nullptr;
    while (Lane* const lane = Next(caps_)) {
      if (TryAgain(caps_, *lane)) running = lane;
    }
    ASSERT_NE(running, nullptr) << "the place stays empty until the next look";
  }
}

}  // namespace
}  // namespace carillon::delivery
