// What is told of how destinations fare.

#include "dispatcher_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Circuit = DestinationStatus::Circuit;
using State = DestinationStatus::State;

class StatusTest : public DispatcherTest {
 protected:
  StatusTest() {
    a_.retry.delays = {hours(1)};
    a_.retry.jitter = 0;
    a_.breaker.reset();
  }
  DestinationStatus Ask(const std::string& name = "a", uint32_t place = 0) {
    const std::vector<LanePlace> lanes{{.place = place, .tenant = "t", .name = name}};
    const auto told = dispatcher_->Describe(lanes);
    EXPECT_EQ(told.size(), 1u);
    EXPECT_TRUE(told[0].has_value()) << name;
    return told[0].value_or(DestinationStatus());
  }
  base::WallTime Ago(std::chrono::nanoseconds time) const { return clock_.Wall() - time; }

  model::Destination a_ = Named("a");
};

TEST_F(StatusTest, OneThatWasNeverTriedIsActiveAndNothingElseIsKnown) {
  ASSERT_TRUE(SetTable({a_}).ok());
  const DestinationStatus status = Ask();
  EXPECT_EQ(status.state, State::kActive);
  EXPECT_EQ(status.circuit, Circuit::kClosed);
  EXPECT_FALSE(status.disabled || status.since || status.last_attempt || status.last_success);
  EXPECT_FALSE(status.failing_since || status.oldest_accepted || status.behind);
  EXPECT_EQ(status.queued + status.parked + status.in_flight, 0u);
  EXPECT_EQ(status.concurrency, a_.concurrency);
}

TEST_F(StatusTest, OnlyThoseInForceAtTheirPlacesAreTold) {
  ASSERT_TRUE(SetTable({a_, Named("b")}).ok());
  const std::vector<LanePlace> lanes{{.place = 1, .tenant = "t", .name = "b"},
                                     {.place = 1, .tenant = "t", .name = "a"},
                                     {.place = 0, .tenant = "u", .name = "a"},
                                     {.place = 7, .tenant = "t", .name = "a"},
                                     {.place = 0, .tenant = "t", .name = "a"}};
  const auto told = dispatcher_->Describe(lanes);
  ASSERT_EQ(told.size(), 5u);
  EXPECT_TRUE(told[0].has_value() && told[4].has_value());
  EXPECT_FALSE(told[1].has_value() || told[2].has_value() || told[3].has_value());
}

TEST_F(StatusTest, WhatTheLastAttemptsBroughtAndWhatWaits) {
  a_.concurrency = 1;
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e1");
  RunFor(seconds(10));
  end_.status = 503;
  const base::WallTime failed = clock_.Wall();
  Publish("e2");
  RunFor(seconds(5));
  end_ = {.after = seconds(2)};
  Publish("e3");
  RunFor(seconds(1));
  Publish("e4");
  const base::WallTime accepted = clock_.Wall();
  RunFor(milliseconds(500));
  const DestinationStatus status = Ask();
  EXPECT_EQ(status.last_outcome, model::Outcome::kHttp5xx);
  EXPECT_EQ(status.last_http_status, 503);
  ASSERT_TRUE(status.last_attempt && status.last_success && status.failing_since);
  EXPECT_GE(*status.last_attempt, failed);
  EXPECT_LT(*status.last_attempt, failed + seconds(1));
  EXPECT_LT(*status.last_success, failed - seconds(8));
  EXPECT_EQ(*status.failing_since, *status.last_attempt);
  EXPECT_EQ(status.in_flight, 1u);
  EXPECT_EQ(status.queued, 1u);
  EXPECT_EQ(status.parked, 1u);
  EXPECT_EQ(status.oldest_accepted, accepted);
  RunFor(seconds(10));
  EXPECT_FALSE(Ask().failing_since) << "it succeeded since";
  EXPECT_EQ(Ask().last_outcome, model::Outcome::kSuccess);
}

TEST_F(StatusTest, TimesAreThoseOfTheClockAsItStands) {
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e1");
  RunFor(seconds(10));
  const auto ago = clock_.Wall() - *Ask().last_success;
  clock_.JumpWall(hours(5));
  EXPECT_EQ(clock_.Wall() - *Ask().last_success, ago);
}

TEST_F(StatusTest, WhyAndSinceWhenItIsDisabledAndSinceWhenItFailed) {
  ASSERT_TRUE(SetTable({a_}).ok());
  a_.retry.delays = std::vector<milliseconds>(60, milliseconds(100));
  a_.disabling.failing_for = seconds(2);
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 404;
  Publish("e1");
  RunFor(seconds(30));
  const DestinationStatus status = Ask();
  EXPECT_EQ(status.state, State::kDisabled);
  EXPECT_EQ(status.disabled, model::DisabledReason::kFailing);
  ASSERT_TRUE(status.since && status.failing_since);
  EXPECT_GE(*status.since - *status.failing_since, seconds(2));
  EXPECT_GT(*status.since, Ago(seconds(29)));
  Publish("e2");
  RunFor(seconds(1));
  EXPECT_TRUE(Ask().behind) << "what comes waits in the journal";
  EXPECT_EQ(Ask().parked, 1u);
}

TEST_F(StatusTest, TheCircuitFromOpenToClosed) {
  a_.retry.delays = std::vector<milliseconds>(60, milliseconds(100));
  a_.concurrency = 8;
  a_.breaker = {.consecutive_failures = 2, .delay = seconds(20), .max_delay = seconds(20)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  for (int i = 0; i < 20; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(5));
  DestinationStatus status = Ask();
  EXPECT_EQ(status.circuit, Circuit::kOpen);
  EXPECT_EQ(status.state, State::kActive);
  ASSERT_TRUE(status.probe_at);
  EXPECT_GT(*status.probe_at, clock_.Wall());
  EXPECT_LE(*status.probe_at, clock_.Wall() + seconds(20));
  EXPECT_EQ(status.concurrency, 0u);
  end_ = {.after = seconds(4)};
  RunFor(*status.probe_at - clock_.Wall() + seconds(2));
  status = Ask();
  EXPECT_EQ(status.circuit, Circuit::kHalfOpen);
  EXPECT_EQ(status.in_flight, 1u);
  EXPECT_FALSE(status.probe_at);
  RunFor(seconds(4));
  EXPECT_EQ(Ask().circuit, Circuit::kRamping);
  end_ = {};
  RunFor(seconds(60));
  EXPECT_EQ(Ask().circuit, Circuit::kClosed);
}

TEST_F(StatusTest, APauseThatTheReceiverAskedFor) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 429;
  end_.retry_after = "60";
  Publish("e1");
  RunFor(seconds(10));
  const DestinationStatus status = Ask();
  EXPECT_EQ(status.state, State::kPaused);
  ASSERT_TRUE(status.pause_ends);
  EXPECT_GT(*status.pause_ends, clock_.Wall() + seconds(45));
  EXPECT_LE(*status.pause_ends, clock_.Wall() + seconds(70));
  end_ = {};
  RunFor(seconds(70));
  EXPECT_EQ(Ask().state, State::kActive);
}

TEST_F(StatusTest, OneThatThisMachineHadNothingForIsNotPaused) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_ = {.wire = model::Outcome::kLocalShortage, .status = 0};
  Publish("e1");
  RunFor(milliseconds(500));
  EXPECT_EQ(Ask().state, State::kActive);
  EXPECT_FALSE(Ask().last_attempt) << "nothing was tried";
}

}  // namespace
}  // namespace carillon::delivery
