// When parked deliveries that wait for a time come back, and go.

#include "dispatcher_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class RetryRowsTest : public DispatcherTest {
 protected:
  RetryRowsTest() {
    a_.retry.delays = {hours(24)};
    a_.retry.jitter = 0;
    a_.breaker.reset();
    a_.disabling = {.failing_for = {}};
    a_.disabling.drop_deliveries = true;
  }
  void Enable(bool on) {
    a_.enabled = on;
    ASSERT_TRUE(SetTable({a_}).ok());
  }
  /// `e1` failed once, and waits for 24 hours.
  void Park() {
    ASSERT_TRUE(SetTable({a_}).ok());
    end_.status = 500;
    Publish("e1");
    RunFor(seconds(1));
    end_ = {};
    ASSERT_EQ(store_.parked.size(), 1u);
    ASSERT_EQ(ended_.size(), 1u);
  }
  /// It is tried again when it is due, and not before.
  void ExpectInTime() {
    RunFor(hours(23));
    EXPECT_EQ(ended_.size(), 1u) << "before its time";
    RunFor(hours(2));
    EXPECT_EQ(store_.delivered.size(), 1u);
    EXPECT_TRUE(store_.dead.empty());
  }

  model::Destination a_ = Named("a");
};

// A lane that drops what it has takes rows before their time, to declare them dead.
TEST_F(RetryRowsTest, WhatWasAskedForToBeDroppedWaitsForItsTimeOnceEnabled) {
  Park();
  journal_->read_delay = seconds(10);
  Enable(false);
  RunFor(milliseconds(50));
  Enable(true);
  ExpectInTime();
}

TEST_F(RetryRowsTest, WhatWasTakenToBeDroppedWaitsForItsTimeOnceEnabled) {
  options_.max_unsettled_rows = 1;
  Create();
  Park();
  journal_->write_delay = hours(20);  // so nothing is begun, not even dropped
  Enable(false);
  Lane* lane = nullptr;
  static_cast<DispatcherImpl&>(*dispatcher_).ForEachLane([&](Lane& each) { lane = &each; });
  while (lane->retries().empty()) ASSERT_TRUE(executor_.Step());
  journal_->write_delay = milliseconds(2);
  Enable(true);
  ExpectInTime();
}

TEST_F(RetryRowsTest, WhatIsDueGoesOnceEnabled) {
  Park();
  Enable(false);
  dispatcher_.reset();
  executor_.Clear();
  clock_.Advance(hours(30));
  Create();
  Enable(true);
  RunFor(seconds(1));
  EXPECT_EQ(store_.delivered.size(), 1u);
}

// Those tried before wait for the retry budget; those that were parked since nothing could be
// tried need none of it.
TEST_F(RetryRowsTest, WithoutATokenWhatWasNeverTriedPassesWhatWas) {
  a_.retry.delays = {milliseconds(10), hours(24)};
  a_.retry.budget = {.ratio = 0, .min_per_second = 0.001};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  for (int i = 0; i < 12; ++i) Publish("tried" + std::to_string(i));
  RunFor(seconds(10));
  EXPECT_LT(ended_.size(), 24u) << "some wait for a token";
  end_ = {.wire = model::Outcome::kLocalShortage, .status = 0};
  for (int i = 0; i < 3; ++i) Publish("new" + std::to_string(i));
  RunFor(seconds(1));
  end_ = {};
  ended_.clear();
  RunFor(seconds(20));
  EXPECT_EQ(ended_.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(std::ranges::count(ended_, "a new" + std::to_string(i)), 1) << i;
  }
}

}  // namespace
}  // namespace carillon::delivery
