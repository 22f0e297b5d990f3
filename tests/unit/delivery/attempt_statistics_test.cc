// What the statistics are told: each attempt once, what it delivered, and whatever is given up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attempt_history.h"
#include "dispatcher_support.h"

namespace carillon::delivery {
namespace {

using model::Outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;

class FakeCounter final : public statistics::Sink {
 public:
  struct Told {
    std::string destination;
    statistics::Entry entry;  // without its names
  };
  void Add(uint32_t, const statistics::Entry& entry) override {
    told.push_back({std::string(entry.tenant) + "/" + std::string(entry.destination), entry});
  }
  uint64_t dead() const {
    uint64_t sum = 0;
    for (const Told& each : told) sum += each.entry.dead;
    return sum;
  }
  std::vector<Told> told;
};

class AttemptStatisticsTest : public DispatcherTest {
 protected:
  void SetUp() override {
    options_.history.statistics = &counter_;
    Create();
  }
  FakeCounter counter_;
};

TEST_F(AttemptStatisticsTest, AnAttemptIsCountedWhenItEnded) {
  ASSERT_TRUE(SetTable({Named("a")}).ok());
  Publish("e1");
  const base::WallTime before = clock_.Wall();
  RunFor(seconds(1));
  ASSERT_EQ(counter_.told.size(), 1u);
  EXPECT_EQ(counter_.told[0].destination, "t/a");
  const statistics::Entry& entry = counter_.told[0].entry;
  EXPECT_EQ(entry.outcome, Outcome::kSuccess);
  EXPECT_TRUE(entry.responded);
  EXPECT_EQ(entry.duration_us, 1000u);
  EXPECT_GE(entry.at, before + milliseconds(1));
  EXPECT_LT(entry.at, before + milliseconds(3));
  EXPECT_EQ(entry.delivered, 1u);
  EXPECT_EQ(entry.dead, 0u);
  EXPECT_GT(entry.sent_bytes, 0u);
}

TEST_F(AttemptStatisticsTest, WhatIsTriedInVainIsDeadAtTheEnd) {
  model::Destination destination = Named("a");
  destination.retry.delays = {seconds(10)};
  destination.retry.jitter = 0;
  destination.breaker.reset();
  ASSERT_TRUE(SetTable({destination}).ok());
  end_.status = 503;
  Publish("e1");
  RunFor(seconds(5));
  EXPECT_EQ(counter_.told.size(), 1u);
  EXPECT_EQ(counter_.dead(), 0u);
  RunFor(seconds(30));
  ASSERT_EQ(counter_.told.size(), 3u);  // two attempts, and that it was given up
  uint64_t attempts = 0;
  for (const FakeCounter::Told& each : counter_.told) {
    EXPECT_EQ(each.entry.delivered, 0u);
    if (each.entry.outcome) ++attempts;
  }
  EXPECT_EQ(attempts, 2u);
  EXPECT_EQ(counter_.dead(), 1u);
}

TEST_F(AttemptStatisticsTest, NoResponseIsNoLatency) {
  model::Destination destination = Named("a");
  destination.retry.delays = {};
  ASSERT_TRUE(SetTable({destination}).ok());
  end_.wire = Outcome::kConnectRefused;
  end_.status = 0;
  Publish("e1");
  RunFor(seconds(1));
  ASSERT_FALSE(counter_.told.empty());
  EXPECT_EQ(counter_.told[0].entry.outcome.value_or(counter_.told[1].entry.outcome.value()),
            Outcome::kConnectRefused);
  for (const FakeCounter::Told& each : counter_.told) EXPECT_FALSE(each.entry.responded);
  EXPECT_EQ(counter_.dead(), 1u);
}

TEST_F(AttemptStatisticsTest, WhatIsRemovedUnsentIsDeadWithoutAnAttempt) {
  ASSERT_TRUE(SetTable({Named("a"), Named("b")}).ok());
  end_.after = seconds(100);  // nothing gets through
  for (int i = 0; i < 300; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(1));
  EXPECT_TRUE(counter_.told.empty());
  ASSERT_TRUE(SetTable({Named("b")}).ok());
  RunFor(seconds(1));
  uint64_t dead = 0;
  for (const FakeCounter::Told& each : counter_.told) {
    EXPECT_EQ(each.destination, "t/a");
    dead += each.entry.dead;
  }
  EXPECT_GT(dead, 0u);
  EXPECT_LE(dead, 300u);
}

}  // namespace
}  // namespace carillon::delivery
