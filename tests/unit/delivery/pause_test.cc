// Pauses that the owner of a destination asks for, and what is kept of its calls.

#include "dispatcher_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using State = DestinationStatus::State;

class PauseTest : public DispatcherTest {
 protected:
  PauseTest() {
    a_.retry.delays = std::vector<milliseconds>(60, milliseconds(100));
    a_.retry.jitter = 0;
    a_.retry.budget.min_per_second = 1000;
    a_.breaker.reset();
  }
  absl::StatusCode Give(LaneOrder order) {
    order.tenant = "t";
    order.name = "a";
    if (order.principal.empty()) order.principal = "token:tokens/ops";
    std::optional<absl::Status> told;
    dispatcher_->Command(order, [&told](absl::Status status) { told = std::move(status); });
    RunFor(milliseconds(100));
    EXPECT_TRUE(told.has_value());
    return told.has_value() ? told->code() : absl::StatusCode::kUnknown;
  }
  absl::StatusCode Pause(std::optional<std::chrono::nanoseconds> time = std::nullopt,
                         const std::string& reason = "maintenance") {
    return Give({.command = LaneCommand::kPause, .reason = reason, .pause = time});
  }
  absl::StatusCode Resume(const std::string& reason = "done") {
    return Give({.command = LaneCommand::kResume, .reason = reason});
  }
  absl::StatusCode Disable(const std::string& reason = "left") {
    return Give({.command = LaneCommand::kDisable, .reason = reason});
  }
  absl::StatusCode Enable(const std::string& reason = "mended") {
    return Give({.command = LaneCommand::kEnable, .reason = reason});
  }
  DestinationStatus Ask() {
    const std::vector<LanePlace> lanes{{.place = 0, .tenant = "t", .name = "a"}};
    return dispatcher_->Describe(lanes).at(0).value_or(DestinationStatus());
  }
  void Restart(std::chrono::nanoseconds off = {}) {
    dispatcher_.reset();
    executor_.Clear();
    clock_.Advance(off);
    Create();
    ASSERT_TRUE(SetTable({a_}).ok());
  }
  void Begin() { ASSERT_TRUE(SetTable({a_}).ok()); }

  model::Destination a_ = Named("a");
};

TEST_F(PauseTest, NothingStartsUntilItIsResumedAndThenAllThatWaited) {
  Begin();
  EXPECT_EQ(Pause(), absl::StatusCode::kOk);
  for (int i = 0; i < 3; ++i) Publish("e" + std::to_string(i));
  RunFor(hours(2));
  EXPECT_TRUE(ended_.empty());
  EXPECT_EQ(store_.watermark, store_.last()) << "a paused destination holds nobody up";
  EXPECT_EQ(observer_.Count("paused a"), 1u);
  const base::WallTime resumed = clock_.Wall();
  EXPECT_EQ(Resume(), absl::StatusCode::kOk);
  RunFor(seconds(1));
  EXPECT_EQ(store_.delivered.size(), 3u);
  EXPECT_EQ(observer_.Count("resumed a"), 1u);
  const DestinationStatus status = Ask();
  EXPECT_EQ(status.state, State::kActive);
  ASSERT_NE(status.call, nullptr);
  EXPECT_EQ(status.call->reason, "done");
  EXPECT_EQ(status.since, resumed);
}

TEST_F(PauseTest, ItSaysWhoAndWhyAndUntilWhen) {
  Begin();
  const base::WallTime now = clock_.Wall();
  Pause(seconds(1800));
  const DestinationStatus status = Ask();
  EXPECT_EQ(status.state, State::kPaused);
  ASSERT_NE(status.call, nullptr);
  EXPECT_EQ(status.call->principal, "token:tokens/ops");
  EXPECT_EQ(status.call->reason, "maintenance");
  EXPECT_EQ(status.since, now);
  EXPECT_EQ(status.pause_ends, now + seconds(1800));
  EXPECT_FALSE(status.disabled.has_value());
}

TEST_F(PauseTest, ItEndsByItself) {
  Begin();
  Pause(seconds(60));
  const base::WallTime ends = *Ask().pause_ends;
  Publish("e1");
  RunFor(seconds(55));
  EXPECT_TRUE(ended_.empty());
  RunFor(seconds(10));
  EXPECT_EQ(store_.delivered.size(), 1u);
  const DestinationStatus status = Ask();
  EXPECT_EQ(status.state, State::kActive);
  EXPECT_EQ(status.call, nullptr) << "nobody called that made it active";
  EXPECT_EQ(status.since, ends);
}

TEST_F(PauseTest, AnotherPauseTakesThePlaceOfTheFirst) {
  Begin();
  Pause();
  Pause(seconds(10), "shorter");
  EXPECT_EQ(Ask().call->reason, "shorter");
  Publish("e1");
  RunFor(seconds(5));
  EXPECT_TRUE(ended_.empty());
  RunFor(seconds(6));
  EXPECT_EQ(store_.delivered.size(), 1u);
}

TEST_F(PauseTest, WhatIsInFlightEndsAndItsRetryWaits) {
  a_.concurrency = 1;
  Begin();
  end_ = {.status = 500, .after = seconds(2)};
  Publish("e1");
  RunFor(seconds(1));
  Pause(seconds(30));
  RunFor(seconds(20));
  EXPECT_EQ(ended_.size(), 1u);
  end_ = {};
  RunFor(seconds(15));
  EXPECT_EQ(store_.delivered.size(), 1u);
}

TEST_F(PauseTest, ItOutlivesTheProcess) {
  Begin();
  Pause();
  Publish("e1");
  RunFor(seconds(1));
  Restart(hours(5));
  RunFor(seconds(30));
  EXPECT_TRUE(ended_.empty());
  EXPECT_EQ(Ask().state, State::kPaused);
  EXPECT_EQ(Ask().call->reason, "maintenance");
  // Another configuration changes nothing of it.
  a_.concurrency = 3;
  Begin();
  RunFor(seconds(30));
  EXPECT_TRUE(ended_.empty());
  Resume();
  RunFor(seconds(1));
  EXPECT_EQ(store_.delivered.size(), 1u);
  Restart();
  EXPECT_EQ(Ask().state, State::kActive);
  EXPECT_EQ(Ask().call->reason, "done");
}

TEST_F(PauseTest, AnEndIsKeptOverAStartByTheTimeOfDay) {
  Begin();
  Pause(seconds(600));
  Publish("e1");
  RunFor(seconds(1));
  Restart(seconds(500));
  RunFor(seconds(90));
  EXPECT_TRUE(ended_.empty());
  RunFor(seconds(20));
  EXPECT_EQ(store_.delivered.size(), 1u);
  Pause(seconds(600));
  Publish("e2");
  RunFor(seconds(1));
  Restart(seconds(601));
  RunFor(seconds(1));
  EXPECT_EQ(store_.delivered.size(), 2u) << "it was over before the start";
  EXPECT_EQ(Ask().state, State::kActive);
}

TEST_F(PauseTest, OneThatIsDisabledIsNeitherPausedNorResumed) {
  Begin();
  Disable();
  EXPECT_EQ(Pause(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Resume(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Ask().state, State::kDisabled);
  EXPECT_EQ(Ask().call->reason, "left");
  EXPECT_EQ(Enable(), absl::StatusCode::kOk);
  EXPECT_EQ(Ask().state, State::kActive);
  EXPECT_EQ(Ask().call->reason, "mended");
}

TEST_F(PauseTest, DisablingAndEnablingEndAPause) {
  Begin();
  Pause();
  Disable();
  EXPECT_EQ(Ask().state, State::kDisabled);
  Enable();
  EXPECT_EQ(Ask().state, State::kActive);
  Publish("e1");
  RunFor(seconds(1));
  EXPECT_EQ(store_.delivered.size(), 1u);
  Pause();
  Publish("e2");
  EXPECT_EQ(Enable("again"), absl::StatusCode::kOk);
  RunFor(seconds(1));
  EXPECT_EQ(store_.delivered.size(), 2u);
  EXPECT_EQ(Ask().call->reason, "again");
}

TEST_F(PauseTest, WhatDisablesItWhileItIsPausedCounts) {
  a_.concurrency = 1;
  Begin();
  end_ = {.status = 410, .after = seconds(2)};
  Publish("e1");
  RunFor(seconds(1));
  Pause(seconds(10));
  RunFor(seconds(30));
  const DestinationStatus status = Ask();
  EXPECT_EQ(status.state, State::kDisabled);
  EXPECT_EQ(status.disabled, model::DisabledReason::kGone);
  EXPECT_EQ(status.call, nullptr);
  EXPECT_EQ(ended_.size(), 1u);
  Restart();
  EXPECT_EQ(Ask().disabled, model::DisabledReason::kGone);
}

TEST_F(PauseTest, ResumingEndsThePauseThatTheReceiverAskedForToo) {
  Begin();
  end_.status = 429;
  end_.retry_after = "600";
  Publish("e1");
  RunFor(seconds(5));
  EXPECT_EQ(Ask().state, State::kPaused);
  EXPECT_EQ(Ask().call, nullptr);
  end_ = {};
  Publish("e2");
  RunFor(seconds(5));
  EXPECT_TRUE(store_.delivered.empty());
  EXPECT_EQ(Resume(), absl::StatusCode::kOk);
  RunFor(seconds(1));
  EXPECT_EQ(store_.delivered.size(), 1u) << "the other waits for its own time";
  EXPECT_EQ(Ask().state, State::kActive);
}

TEST_F(PauseTest, ResumingOneThatRunsChangesNothing) {
  Begin();
  EXPECT_EQ(Resume(), absl::StatusCode::kOk);
  EXPECT_EQ(observer_.Count("resumed a"), 0u);
  EXPECT_EQ(Ask().call, nullptr);
}

TEST_F(PauseTest, ACheckChangesNothing) {
  Begin();
  EXPECT_EQ(Give({.command = LaneCommand::kPause, .only_check = true}), absl::StatusCode::kOk);
  EXPECT_EQ(Give({.command = LaneCommand::kDisable, .only_check = true}), absl::StatusCode::kOk);
  EXPECT_EQ(Ask().state, State::kActive);
  Disable();
  EXPECT_EQ(Give({.command = LaneCommand::kPause, .only_check = true}),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(PauseTest, TheBreakerThatOpensMeanwhileIsNoReasonToWakeEarlier) {
  a_.breaker = {.consecutive_failures = 1, .delay = seconds(5), .max_delay = seconds(5)};
  a_.concurrency = 1;
  Begin();
  end_ = {.status = 500, .after = seconds(2)};
  Publish("e1");
  RunFor(seconds(1));
  Pause(seconds(60));
  RunFor(seconds(50));
  EXPECT_EQ(ended_.size(), 1u);
  end_ = {};
  RunFor(seconds(12));
  EXPECT_EQ(store_.delivered.size(), 1u);
}

}  // namespace
}  // namespace carillon::delivery
