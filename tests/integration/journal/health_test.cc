// How destinations fare, kept over restarts.

#include <gmock/gmock.h>

#include "support.h"

namespace carillon::journal {
namespace {

class HealthTest : public JournalTest {
 protected:
  void SettleHealths(std::vector<LaneHealth> healths) {
    Settlement settlement;
    settlement.healths = std::move(healths);
    Settle(std::move(settlement));
  }
  Health Failing() const {
    return {clock_.Wall(), DisabledReason::kFailing, clock_.Wall() + std::chrono::hours(1)};
  }
};

TEST_F(HealthTest, IsWellAtFirstAndKeptOverRestarts) {
  Open();
  const LaneState one = OpenLane("one");
  const LaneId two = OpenLane("two").lane;
  EXPECT_EQ(one.health, Health());
  EXPECT_EQ(OpenLane("one").health, Health());
  SettleHealths({{one.lane, Failing()}, {two, {.failing_since = clock_.Wall()}}});
  EXPECT_EQ(OpenLane("one").health, Failing());
  Reopen();
  EXPECT_EQ(OpenLane("one").health, Failing());
  EXPECT_EQ(OpenLane("two").health.failing_since, clock_.Wall());
  EXPECT_FALSE(OpenLane("two").health.disabled.has_value());
  EXPECT_EQ(OpenLane("three").health, Health());

  SettleHealths(
      {{one.lane, {.disabled = DisabledReason::kOperator, .disabled_at = clock_.Wall()}}});
  SettleHealths({{one.lane, {}}});
  Reopen();
  EXPECT_EQ(OpenLane("one").health, Health());
  EXPECT_EQ(OpenLane("two").health.failing_since, clock_.Wall());
}

TEST_F(HealthTest, WhatTheOwnerSaidIsKeptUntilSomethingElseIs) {
  Open();
  const LaneId lane = OpenLane("one").lane;
  const auto call = std::make_shared<const OwnerCall>(
      OwnerCall{clock_.Wall(), "token:tokens/ops", "mended; ünïcode"});
  const auto silent = std::make_shared<const OwnerCall>(OwnerCall{clock_.Wall(), "", ""});
  const Health paused{.call = call, .paused = true, .paused_until = clock_.Wall()};
  const Health for_good{.call = silent, .paused = true};
  for (const Health& health : {paused, for_good, Health{.call = call}, Failing(), Health()}) {
    SettleHealths({{lane, health}});
    EXPECT_EQ(OpenLane("one").health, health);
    Reopen();
    EXPECT_EQ(OpenLane("one").health, health);
  }
}

TEST_F(HealthTest, EachReasonComesBack) {
  Open();
  const LaneId lane = OpenLane("one").lane;
  for (const DisabledReason reason :
       {DisabledReason::kOperator, DisabledReason::kGone, DisabledReason::kFailing,
        DisabledReason::kRetriesEnded, DisabledReason::kPrincipal}) {
    SettleHealths({{lane, {.disabled = reason, .disabled_at = clock_.Wall()}}});
    EXPECT_EQ(OpenLane("one").health.disabled, reason);
  }
}

TEST_F(HealthTest, ANameThatComesBackIsWell) {
  Open();
  const LaneId lane = OpenLane("one").lane;
  SettleHealths({{lane, Failing()}});
  CloseLanes({lane});
  ASSERT_TRUE(Eventually([&] { return Query("SELECT closed FROM lanes") == 2; }));
  SettleHealths({{lane, Failing()}});  // under way when it was closed
  const LaneState again = OpenLane("one");
  EXPECT_NE(again.lane, lane);
  EXPECT_EQ(again.health, Health());
}

TEST_F(HealthTest, AReasonThatCannotBeEndsWriting) {
  Open();
  OpenLane("one");
  Execute("UPDATE lanes SET disabled = 99");
  EXPECT_FALSE(OpenLanes({{"acme", "one"}}).ok());
  ASSERT_TRUE(Eventually([&] { return fatal_ == 1; }));
  EXPECT_EQ(fatal_status_.code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace carillon::journal
