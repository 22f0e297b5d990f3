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
  /// Those that may try, by tenant; each starts, or waits again.
  std::map<std::string, int> Tries() {
    std::map<std::string, int> tries;
    while (Lane* const lane = caps_.Next(now_)) {
      ++tries[lane->destination().tenant];
      if (caps_.TryStart(*lane, now_)) started_ = lane;
    }
    return tries;
  }

  static constexpr int kLanes = 100;
  Lane* started_ = nullptr;  // by Tries, the last
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
  EXPECT_EQ(Tries(), (std::map<std::string, int>{{"t", 1}, {"u", 1}})) << "now it is the other's";
}

TEST_F(CapsTest, EveryLaneHasItsTurn) {
  Fill(*more_);
  AllWait();
  EndElsewhere(4);
  std::map<Lane*, int> turns;
  for (int looks = 0; looks < 200 && turns.size() < 2 * kLanes; ++looks) {
    now_ += Caps::kLook;
    std::vector<Lane*> started;
    while (Lane* const lane = caps_.Next(now_)) {
      if (!caps_.TryStart(*lane, now_)) continue;
      started.push_back(lane);
      ++turns[lane];
    }
    for (Lane* const lane : started) shared_->Finish(*lane->tenant);
  }
  EXPECT_EQ(turns.size(), size_t{2 * kLanes});
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
    EXPECT_EQ(caps.Next(now_ + wait), nullptr);
    EXPECT_EQ(caps.LookAt(), now_ + 2 * wait) << bits;
  }
}

/// One shard always has something to send for the place that it has; another has none.
class CapsOfTwoShards : public CapsTest {
 protected:
  /// The looks until the other has a place, or none within many.
  std::optional<uint32_t> LooksUntilTheOtherHasOne() {
    EndElsewhere(1);
    Lane* running = lanes_.Find(1);
    EXPECT_TRUE(caps_.TryStart(*running, now_));
    Fill(*more_);
    AllWait();
    for (uint32_t looks = 1; looks < 100; ++looks) {
      now_ += Caps::kLook;
      if (Lane* const lane = other_.Next(now_); lane != nullptr) {
        EXPECT_TRUE(other_.TryStart(*lane, now_));
        return looks;
      }
      if (running == nullptr) running = caps_.Next(now_);
      for (int ends = 0; ends < 3 && running != nullptr; ++ends) {
        caps_.Finish(*running);
        running = caps_.Next(now_);
        while (running != nullptr && !caps_.TryStart(*running, now_)) running = caps_.Next(now_);
      }
    }
    return std::nullopt;
  }

  Caps other_{shared_, lanes_, random_};
};

TEST_F(CapsOfTwoShards, APlaceIsLeftToTheOneThatHasNone) {
  Fill(*more_);
  EXPECT_FALSE(other_.TryStart(*lanes_.Find(kLanes + 1), now_));
  const auto looks = LooksUntilTheOtherHasOne();
  ASSERT_TRUE(looks);
  EXPECT_LE(*looks, 2 * Caps::kOfferEvery);
}

TEST_F(CapsOfTwoShards, NoneIsLeftWhereNobodyElseWaits) {
  Fill(*more_);
  EndElsewhere(1);
  Lane* running = lanes_.Find(1);
  ASSERT_TRUE(caps_.TryStart(*running, now_));
  AllWait();
  for (int ends = 0; ends < 40; ++ends) {
    now_ += Caps::kLook;
    while (Lane* const lane = caps_.Next(now_)) EXPECT_FALSE(caps_.TryStart(*lane, now_));
    caps_.Finish(*running);
    running = nullptr;
    while (Lane* const lane = caps_.Next(now_)) {
      if (caps_.TryStart(*lane, now_)) running = lane;
    }
    ASSERT_NE(running, nullptr) << "the place stays empty until the next look";
  }
}

}  // namespace
}  // namespace carillon::delivery
