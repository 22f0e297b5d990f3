#include "caps.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

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
      auto lane = std::make_unique<Lane>(journal::LaneState{.lane = i + 1},
                                         LaneBounds{.bytes = 1000, .floor_bytes = 100}, tracker_,
                                         std::make_shared<metrics::LaneMetrics>());
      lane->Bind(table_, i, base::MonoTime{});
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
      caps_.TryStart(*lane, now_);
    }
    return tries;
  }

  static constexpr int kLanes = 100;
  base::MonoTime now_{std::chrono::hours(1)};
  Tracker tracker_;
  LaneMap lanes_;
  std::shared_ptr<const routing::RoutingTable> table_;
  std::shared_ptr<policy::InFlightCaps> shared_ = std::make_shared<policy::InFlightCaps>(8, 4);
  std::shared_ptr<policy::InFlightCaps::Tenant> elsewhere_ = shared_->TenantOf("others");
  std::shared_ptr<policy::InFlightCaps::Tenant> more_ = shared_->TenantOf("more");
  Caps caps_{shared_, lanes_};
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

}  // namespace
}  // namespace carillon::delivery
