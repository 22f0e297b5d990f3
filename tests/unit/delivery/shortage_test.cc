// What becomes of deliveries while this machine is short of descriptors, ports, memory, ...

#include "dispatcher_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ShortageTest : public DispatcherTest {
 protected:
  ShortageTest() {
    a_.retry.delays.clear();
    a_.breaker = {.consecutive_failures = 1, .delay = seconds(1000), .max_delay = seconds(1000)};
    a_.disabling.failing_for = milliseconds(500);
    a_.disabling.when_retries_end = true;
  }
  void Short() { end_ = {.wire = model::Outcome::kLocalShortage, .status = 0}; }

  model::Destination a_ = Named("a");
};

TEST_F(ShortageTest, CostsNoAttemptOpensNoBreakerAndIsTriedAgainSoonButNotTooSoon) {
  ASSERT_TRUE(SetTable({a_}).ok());
  Short();
  for (int i = 0; i < 3; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(60));
  EXPECT_TRUE(store_.dead.empty());
  EXPECT_TRUE(store_.settled.empty()) << "an attempt was written";
  EXPECT_EQ(store_.parked.size(), 3u);
  EXPECT_EQ(store_.watermark, 3u);  // nobody waits for it
  EXPECT_FALSE(store_.lanes.at(1).health.failing_since.has_value());
  EXPECT_FALSE(store_.lanes.at(1).health.disabled.has_value());
  EXPECT_GT(ended_.size(), 15u);
  EXPECT_LT(ended_.size(), 200u);
  const auto shortage = static_cast<size_t>(model::Outcome::kLocalShortage);
  EXPECT_EQ(metrics_.lanes["t/a"]->attempts[shortage], ended_.size());
  end_ = {};
  RunFor(seconds(6));
  EXPECT_EQ(store_.delivered.size(), 3u);
  EXPECT_EQ(store_.settled.at({1, 1}), 1u) << "not its first attempt";
  EXPECT_TRUE(store_.parked.empty());
}

TEST_F(ShortageTest, AShortOneIsOverAtOnce) {
  ASSERT_TRUE(SetTable({a_}).ok());
  Short();
  Publish("e1");
  RunFor(milliseconds(20));
  end_ = {};
  RunFor(milliseconds(300));
  EXPECT_EQ(store_.delivered.size(), 1u);
}

TEST_F(ShortageTest, TakesNothingFromTheRetryBudgetNorFromTheSchedule) {
  a_.breaker.reset();
  a_.disabling = {.failing_for = {}};
  a_.retry.delays = {milliseconds(10)};
  a_.retry.budget = {.ratio = 0, .min_per_second = 0.001};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  Publish("e1");
  RunFor(milliseconds(5));
  Short();
  RunFor(seconds(120));
  EXPECT_GT(ended_.size(), 20u) << "more often than the budget has tokens";
  EXPECT_EQ(store_.parked.begin()->second.attempts, 1u);
  end_ = {};
  RunFor(seconds(10));
  EXPECT_EQ(store_.settled.at({1, 1}), 2u);
  EXPECT_EQ(store_.delivered.size(), 1u);
}

TEST_F(ShortageTest, WhatWasNeverTriedGivesNoTokenBack) {
  a_.breaker.reset();
  a_.disabling = {.failing_for = {}};
  a_.retry.delays = std::vector<milliseconds>(1'000, milliseconds(10));
  a_.retry.budget = {.ratio = 0, .min_per_second = 0.001};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  Publish("e0");
  RunFor(seconds(60));  // until there are no tokens
  end_ = {};
  while (store_.delivered.empty()) ASSERT_TRUE(executor_.Step());  // with the next that comes
  Short();
  Publish("e1");
  RunFor(seconds(100));
  EXPECT_GT(std::ranges::count(ended_, "a e1"), 15);
  ended_.clear();
  end_ = {.status = 500};
  RunFor(seconds(100));
  EXPECT_EQ(ended_.size(), 1u) << "its first attempt; there is no token for another";
}

TEST_F(ShortageTest, KeepsTheOrder) {
  a_.order.by = model::Ordering::kStrict;
  ASSERT_TRUE(SetTable({a_}).ok());
  Short();
  for (int i = 0; i < 4; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(2));
  end_ = {};
  ended_.clear();
  RunFor(seconds(20));
  EXPECT_EQ(ended_, (std::vector<std::string>{"a e0", "a e1", "a e2", "a e3"}));
}

TEST_F(ShortageTest, OfADestinationThatIsTakenOutItIsDeadAndCountedOnce) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_ = {.wire = model::Outcome::kLocalShortage, .status = 0, .after = seconds(1)};
  Publish("e1");
  RunFor(milliseconds(100));
  ASSERT_TRUE(SetTable({}).ok());
  RunFor(seconds(5));
  EXPECT_TRUE(store_.parked.empty());
  EXPECT_TRUE(store_.dead.contains({1, 1}));
  EXPECT_EQ(store_.watermark, 1u);
}

TEST_F(ShortageTest, AMaxAgeDoesNotEndWhatWasNeverTried) {
  a_.retry.max_age = seconds(1);
  ASSERT_TRUE(SetTable({a_}).ok());
  Short();
  Publish("e1");
  RunFor(seconds(10));
  end_ = {};
  RunFor(seconds(6));
  EXPECT_EQ(store_.delivered.size(), 1u);
}

}  // namespace
}  // namespace carillon::delivery
