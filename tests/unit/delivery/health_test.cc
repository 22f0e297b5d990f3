// Breaker, disabling, batches and what is told of them, a step at a time.

#include <algorithm>
#include <utility>
#include <vector>

#include "carillon/notices/notice.h"
#include "dispatcher_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// What is kept of what happened: `kind count outcome status` for each, with how long it was so.
class FakeNotices final : public notices::Sink {
 public:
  void Add(notices::Notice notice) override {
    EXPECT_EQ(notice.tenant, "t");
    EXPECT_EQ(notice.first, notice.last);
    all.push_back(std::move(notice));
  }
  std::vector<notices::Kind> kinds() const {
    std::vector<notices::Kind> kinds;
    for (const notices::Notice& notice : all) kinds.push_back(notice.kind);
    return kinds;
  }
  std::vector<notices::Notice> all;
};

class HealthTest : public DispatcherTest {
 protected:
  HealthTest() {
    options_.history.notices = &notices_;
    Create();
    a_.retry.delays = std::vector<milliseconds>(60, milliseconds(100));
    a_.retry.jitter = 0;
    a_.retry.budget.min_per_second = 1000;
    a_.concurrency = 1;
    a_.breaker.reset();
  }
  size_t CountOf(std::string_view type) const {
    return static_cast<size_t>(std::ranges::count_if(
        store_.events, [&](const model::EventPtr& event) { return event->type() == type; }));
  }
  /// Publishes twice a second for so long.
  void PublishFor(seconds time) {
    for (int64_t n = 0; n < 2 * time.count(); ++n) {
      Publish("e" + std::to_string(store_.last()));
      RunFor(milliseconds(500));
    }
  }
  /// An outage of that kind for `time`; then, as soon as it is over, all has gone within `found`.
  void Outage(seconds time, seconds found, const SimCourier::End& end) {
    ASSERT_TRUE(SetTable({a_}).ok());
    PublishFor(seconds(10));
    EXPECT_EQ(store_.delivered.size(), 20u);
    end_ = end;
    const size_t before = ended_.size();
    PublishFor(time);
    // What opens it, one a second for ten seconds, and then by the power of 1.08.
    EXPECT_LE(ended_.size() - before, 10u + a_.concurrency + 13 + 53);
    end_ = {};
    const base::MonoTime recovered = clock_.Mono();
    PublishFor(found + seconds(2));  // what failed last is tried again within a second
    EXPECT_GE(store_.delivered.size(), 20u + 2 * static_cast<size_t>((time + found).count()));
    EXPECT_EQ(observer_.Count("closed a"), 1u);
    EXPECT_LE(clock_.Mono() - recovered, found + seconds(2));
  }
  void Restart(std::chrono::nanoseconds off = {}) {
    dispatcher_.reset();
    executor_.Clear();
    clock_.Advance(off);
    Create();
  }

  FakeNotices notices_;
  model::Destination a_ = Named("a");
};

// Each probe that fails opens the breaker again: that is no news.
TEST_F(HealthTest, ABreakerIsNoticedWhenItOpensFirstAndWhenItCloses) {
  a_.breaker = {.consecutive_failures = 3, .delay = seconds(10), .max_delay = seconds(40)};
  ASSERT_TRUE(SetTable({a_}).ok());
  throttled_ = "a";
  end_.status = 500;
  const base::WallTime begun = clock_.Wall();
  for (int i = 0; i < 5; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(21));
  ASSERT_EQ(observer_.Count("opened a"), 3u);
  ASSERT_EQ(notices_.kinds(), std::vector{notices::Kind::kBreakerOpened});
  const notices::Notice opened = notices_.all[0];
  EXPECT_EQ(opened.destination, "a");
  EXPECT_EQ(opened.outcome, model::Outcome::kHttp5xx);
  EXPECT_EQ(opened.http_status, 500);
  ASSERT_TRUE(opened.since.has_value());
  EXPECT_GE(*opened.since, begun);
  EXPECT_LT(*opened.since, opened.last);
  end_ = {};
  RunFor(seconds(60));
  ASSERT_EQ(notices_.all.size(), 2u);
  EXPECT_EQ(notices_.all[1].kind, notices::Kind::kBreakerClosed);
  EXPECT_EQ(notices_.all[1].since, opened.last);
}

TEST_F(HealthTest, WhatIsGivenUpAndDisabledIsNoticed) {
  a_.retry.delays.clear();
  a_.disabling.on_gone = true;
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 404;
  Publish("e1");
  RunFor(seconds(1));
  ASSERT_EQ(notices_.kinds(), std::vector{notices::Kind::kDead});
  EXPECT_EQ(notices_.all[0].outcome, model::Outcome::kHttp4xx);
  EXPECT_EQ(notices_.all[0].http_status, 404);
  end_.status = 410;
  Publish("e2");
  RunFor(seconds(1));
  ASSERT_FALSE(notices_.all.empty());
  const auto disabled =
      std::ranges::find(notices_.all, notices::Kind::kDisabled, &notices::Notice::kind);
  ASSERT_NE(disabled, notices_.all.end());
  EXPECT_EQ(disabled->disabled, model::DisabledReason::kGone);
}

TEST_F(HealthTest, AnOpenBreakerLetsOnlyProbesThroughAndClosesWithSuccess) {
  tell_ = "told";
  a_.breaker = {.consecutive_failures = 3, .delay = seconds(10), .max_delay = seconds(40)};
  ASSERT_TRUE(SetTable({a_, Named(tell_)}).ok());
  throttled_ = "a";
  end_.status = 500;
  for (int i = 0; i < 5; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(7));
  EXPECT_EQ(ended_.size(), 3u);
  RunFor(seconds(6));
  EXPECT_EQ(ended_.size(), 4u);  // the probe
  RunFor(seconds(3));
  EXPECT_EQ(ended_.size(), 4u);
  RunFor(seconds(5));
  EXPECT_EQ(ended_.size(), 5u);  // not later, the outage is short
  end_ = {};
  RunFor(seconds(60));
  EXPECT_EQ(store_.delivered.size(), 6u);  // with what was told
  EXPECT_EQ(CountOf(model::kDestinationRecovered), 1u);
  EXPECT_TRUE(store_.parked.empty());
  EXPECT_EQ(observer_.Count("failed a http_5xx"), 5u);
  EXPECT_EQ(observer_.Count("opened a"), 3u);
  EXPECT_EQ(observer_.Count("closed a"), 1u);
}

TEST_F(HealthTest, AfterAnOutageAllThatWaitedHasGoneWithinATenthOfIt) {
  a_.concurrency = 32;
  a_.breaker.emplace();
  Outage(seconds(100), seconds(10), {.status = 500});
}

TEST_F(HealthTest, NorDoesAProbeThatTimesOutPutItOff) {
  a_.concurrency = 32;
  a_.breaker.emplace();
  Outage(seconds(100), seconds(10) + seconds(5),
         {.wire = model::Outcome::kResponseTimeout, .status = 0, .after = seconds(5)});
}

// The schedule's long delays are pauses after such an answer only where no breaker looks after it.
TEST_F(HealthTest, NorDoesAGatewayThatSaysThatNobodyIsThere) {
  a_.concurrency = 32;
  a_.breaker.emplace();
  a_.retry.delays = std::vector<milliseconds>(60, seconds(40));
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 504;
  PublishFor(seconds(100));
  end_ = {};
  PublishFor(seconds(12));
  EXPECT_EQ(observer_.Count("closed a"), 1u);
  RunFor(seconds(41));
  EXPECT_EQ(store_.delivered.size(), store_.last());
}

TEST_F(HealthTest, AFailingOneIsShownAsSuch) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  Publish("e1");
  RunFor(milliseconds(50));
  dispatcher_->PublishGauges();
  EXPECT_EQ(metrics_.lanes["t/a"]->state.load(), metrics::DestinationState::kFailing);
  end_ = {};
  RunFor(seconds(5));
  dispatcher_->PublishGauges();
  EXPECT_EQ(metrics_.lanes["t/a"]->state.load(), metrics::DestinationState::kIdle);
}

TEST_F(HealthTest, WhatEndsAfterwardsDisablesNoMore) {
  a_.concurrency = 2;
  end_ = {.status = 410, .after = seconds(1)};
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e1");
  Publish("e2");
  RunFor(seconds(5));
  EXPECT_EQ(ended_.size(), 2u);
  EXPECT_EQ(observer_.Count("disabled a gone"), 1u);
}

TEST_F(HealthTest, GoneDisablesAndACallEnables) {
  tell_ = "told";
  ASSERT_TRUE(SetTable({a_, Named(tell_)}).ok());
  throttled_ = "a";
  end_.status = 410;
  Publish("e1");
  Publish("e2");
  RunFor(seconds(5));
  EXPECT_EQ(std::ranges::count(ended_, "a e1"), 1);
  EXPECT_EQ(std::ranges::count(ended_, "a e2"), 0);
  EXPECT_EQ(CountOf(model::kDestinationDisabled), 1u);
  EXPECT_EQ(store_.lanes.at(1).health.disabled, model::DisabledReason::kGone);
  end_ = {};
  Restart();  // it stays so
  ASSERT_TRUE(SetTable({a_, Named(tell_)}).ok());
  RunFor(seconds(5));
  EXPECT_FALSE(store_.delivered.contains({1, 1}));
  a_.url += "new";  // so it does where its configuration changes
  ASSERT_TRUE(SetTable({a_, Named(tell_)}).ok());
  RunFor(seconds(5));
  EXPECT_FALSE(store_.delivered.contains({1, 1}));
  Do("a", LaneCommand::kEnable);
  RunFor(seconds(5));
  EXPECT_TRUE(store_.delivered.contains({1, 1}));
  EXPECT_TRUE(store_.delivered.contains({1, 2}));
  EXPECT_EQ(CountOf(model::kDestinationRecovered), 1u);
  EXPECT_EQ(observer_.Count("disabled a gone"), 1u);
  EXPECT_EQ(observer_.Count("enabled a"), 1u);
  Restart();  // as it does when it was enabled
  ASSERT_TRUE(SetTable({a_, Named(tell_)}).ok());
  Publish("e3");
  RunFor(seconds(5));
  EXPECT_TRUE(store_.delivered.contains({1, store_.position_of.at({"t", "e3"})}));
  EXPECT_FALSE(store_.lanes.at(1).health.disabled.has_value());
}

TEST_F(HealthTest, ADisabledDestinationMayDropItsDeliveriesAndTellsOfEach) {
  tell_ = "told";
  a_.disabling.drop_deliveries = true;
  ASSERT_TRUE(SetTable({a_, Named(tell_)}).ok());
  throttled_ = "a";
  end_.status = 410;
  for (int i = 0; i < 4; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(5));
  EXPECT_EQ(store_.dead.size(), 4u);  // the parked one too
  EXPECT_EQ(CountOf(model::kDeliveryDead), 4u);
  EXPECT_EQ(observer_.evicted.size(), 4u);
  EXPECT_TRUE(store_.parked.empty());
  EXPECT_EQ(store_.watermark, store_.last());
}

TEST_F(HealthTest, FailingWithoutABreakForTooLongDisables) {
  a_.disabling.failing_for = seconds(2);
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 404;
  Publish("e1");
  RunFor(milliseconds(1800));
  EXPECT_FALSE(store_.lanes.at(1).health.disabled.has_value());
  RunFor(seconds(1));
  EXPECT_EQ(store_.lanes.at(1).health.disabled, model::DisabledReason::kFailing);
  const size_t attempts = ended_.size();
  RunFor(seconds(10));
  EXPECT_EQ(ended_.size(), attempts);
  EXPECT_EQ(store_.parked.size(), 1u);
}

TEST_F(HealthTest, TimeInWhichTheProcessWasDownDisablesNobody) {
  a_.disabling = {.failing_for = seconds(2), .drop_deliveries = true};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 404;
  Publish("e1");
  RunFor(milliseconds(1800));
  // As an older version left it.
  store_.lanes.at(1).health.failing_since = clock_.Wall();
  Restart(std::chrono::hours(6 * 24));
  ASSERT_TRUE(SetTable({a_}).ok());
  const size_t before = ended_.size();
  RunFor(milliseconds(1800));
  EXPECT_GT(ended_.size(), before + 10);
  EXPECT_FALSE(store_.lanes.at(1).health.disabled.has_value());
  EXPECT_TRUE(store_.dead.empty());
  const base::WallTime restarted = clock_.Wall() - milliseconds(1800);
  RunFor(seconds(1));
  EXPECT_EQ(store_.lanes.at(1).health.disabled, model::DisabledReason::kFailing);
  EXPECT_GE(store_.lanes.at(1).health.failing_since, restarted) << "and says since when";
}

TEST_F(HealthTest, AClockThatJumpsDisablesNobody) {
  for (const std::chrono::hours jump : {std::chrono::hours(6 * 24), -std::chrono::hours(6 * 24)}) {
    SCOPED_TRACE(jump.count());
    a_.disabling.failing_for = seconds(2);
    ASSERT_TRUE(SetTable({a_}).ok());
    Do("a", LaneCommand::kEnable);
    end_.status = 404;
    Publish("e" + std::to_string(jump.count()));
    RunFor(milliseconds(1500));
    clock_.JumpWall(jump);
    RunFor(milliseconds(1500));
    EXPECT_FALSE(store_.lanes.at(1).health.disabled.has_value());
    RunFor(milliseconds(1000));
    EXPECT_EQ(store_.lanes.at(1).health.disabled, model::DisabledReason::kFailing);
    EXPECT_LE(store_.lanes.at(1).health.failing_since, store_.lanes.at(1).health.disabled_at);
  }
}

TEST_F(HealthTest, NothingIsWrittenOfADestinationThatOnlyFails) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 404;
  Publish("e1");
  RunFor(seconds(3));
  EXPECT_EQ(store_.lanes.at(1).health, store::Health());
}

TEST_F(HealthTest, TheOperatorSwitchesOffAndOn) {
  a_.enabled = false;
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e1");
  RunFor(seconds(5));
  EXPECT_TRUE(ended_.empty());
  a_.enabled = true;
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(5));
  EXPECT_TRUE(store_.delivered.contains({1, 1}));
}

TEST_F(HealthTest, ABatchThatFailedComesAgainAsItWasThoughMoreWaits) {
  std::vector<std::string> bodies;
  courier_.on_end = [&bodies](const SimCourier::Flight& flight, const http::Response&) {
    bodies.push_back(flight.event_id + flight.body);
  };
  a_.format = model::Format::kArray;
  a_.batch = {.max_events = 3, .max_wait = milliseconds(50)};
  a_.retry.delays = {seconds(1), seconds(1)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  Publish("e1");
  Publish("e2");
  RunFor(milliseconds(500));
  ASSERT_EQ(bodies.size(), 1u);
  EXPECT_TRUE(bodies[0].starts_with("batch_"));
  EXPECT_TRUE(bodies[0].ends_with("[1,1]"));
  ASSERT_EQ(store_.parked.size(), 1u);
  EXPECT_EQ(store_.parked.begin()->second.bytes,
            store_.events[0]->record().size() + store_.events[1]->record().size());
  end_ = {};
  Restart();
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e3");
  RunFor(seconds(5));
  ASSERT_EQ(bodies.size(), 3u);
  EXPECT_EQ(std::ranges::count(bodies, bodies[0]), 2);
  EXPECT_EQ(std::ranges::count(bodies, "e3[1]"), 1);
  EXPECT_EQ(store_.delivered.size(), 3u);
}

TEST_F(HealthTest, NothingIsStartedOverTheCapsOfAllShards) {
  options_.caps = std::make_shared<policy::InFlightCaps>(3, 2);
  Create();
  model::Destination b = Named("b");
  b.tenant = "u";
  a_.concurrency = 10;
  ASSERT_TRUE(SetTable({a_, b}).ok());
  end_.after = seconds(1);
  for (int i = 0; i < 6; ++i) Publish("e" + std::to_string(i));
  RunFor(milliseconds(500));
  EXPECT_EQ(courier_.flights.size(), 3u);
  RunFor(seconds(10));
  EXPECT_EQ(store_.delivered.size(), 12u);
}

class CommandTest : public HealthTest {
 protected:
  /// Gives the command and what was answered so far.
  std::shared_ptr<std::optional<absl::Status>> Give(LaneCommand command,
                                                    const std::string& name = "a") {
    auto told = std::make_shared<std::optional<absl::Status>>();
    dispatcher_->Command({.place = 0, .tenant = "t", .name = name, .command = command},
                         [told](absl::Status status) { *told = std::move(status); });
    return told;
  }
  absl::StatusCode Await(LaneCommand command, const std::string& name = "a") {
    const auto told = Give(command, name);
    RunFor(seconds(1));
    return told->has_value() ? (*told)->code() : absl::StatusCode::kUnknown;
  }
};

TEST_F(CommandTest, WhatACallDisablesWaitsUntilACallEnablesItAlsoOverAStart) {
  ASSERT_TRUE(SetTable({a_}).ok());
  EXPECT_EQ(Await(LaneCommand::kDisable), absl::StatusCode::kOk);
  EXPECT_EQ(observer_.Count("disabled a principal"), 1u);
  Publish("e1");
  RunFor(seconds(5));
  EXPECT_TRUE(ended_.empty());
  // No configuration enables it by itself.
  a_.concurrency = 2;
  Restart();
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(5));
  EXPECT_TRUE(ended_.empty());
  EXPECT_EQ(Await(LaneCommand::kEnable), absl::StatusCode::kOk);
  RunFor(seconds(5));
  EXPECT_EQ(store_.delivered.size(), 1u);
  Restart();
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e2");
  RunFor(seconds(5));
  EXPECT_EQ(store_.delivered.size(), 2u);
}

TEST_F(CommandTest, ACallEnablesWhatA410Disabled) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 410;
  Publish("e1");
  RunFor(seconds(1));
  EXPECT_EQ(observer_.Count("disabled a gone"), 1u);
  end_ = {};
  Publish("e2");
  RunFor(seconds(5));
  EXPECT_TRUE(store_.delivered.empty());
  EXPECT_EQ(Await(LaneCommand::kEnable), absl::StatusCode::kOk);
  EXPECT_EQ(observer_.Count("enabled a"), 1u);
  RunFor(seconds(5));
  EXPECT_EQ(store_.delivered.size(), 2u);
}

TEST_F(CommandTest, ACallClosesTheCircuit) {
  a_.breaker = {.consecutive_failures = 1, .delay = seconds(1000), .max_delay = seconds(1000)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  Publish("e1");
  RunFor(seconds(5));
  EXPECT_EQ(ended_.size(), 1u);
  end_ = {};
  EXPECT_EQ(Await(LaneCommand::kEnable), absl::StatusCode::kOk);
  RunFor(seconds(5));
  EXPECT_EQ(store_.delivered.size(), 1u);
}

TEST_F(CommandTest, AnAnswerMeansThatItIsDurable) {
  ASSERT_TRUE(SetTable({a_}).ok());
  const auto told = Give(LaneCommand::kDisable);
  EXPECT_FALSE(told->has_value());
  RunFor(seconds(1));
  ASSERT_TRUE(told->has_value());
  EXPECT_TRUE((*told)->ok());
  EXPECT_EQ(store_.lanes.begin()->second.health.disabled, model::DisabledReason::kPrincipal);
  // Again: nothing changes, nobody is told twice.
  EXPECT_EQ(Await(LaneCommand::kDisable), absl::StatusCode::kOk);
  EXPECT_EQ(observer_.Count("disabled a principal"), 1u);
}

TEST_F(CommandTest, TheEndAnswersWhatIsNotDurable) {
  ASSERT_TRUE(SetTable({a_}).ok());
  const auto told = Give(LaneCommand::kDisable);
  dispatcher_.reset();
  ASSERT_TRUE(told->has_value());
  EXPECT_TRUE(absl::IsUnavailable(**told));
}

TEST_F(CommandTest, WhatTheConfigurationDisablesACallDoesNotEnable) {
  a_.enabled = false;
  ASSERT_TRUE(SetTable({a_}).ok());
  EXPECT_EQ(Await(LaneCommand::kEnable), absl::StatusCode::kFailedPrecondition);
  // A call may disable it as well: then the configuration alone does not enable it.
  EXPECT_EQ(Await(LaneCommand::kDisable), absl::StatusCode::kOk);
  a_.enabled = true;
  ASSERT_TRUE(SetTable({a_}).ok());
  Publish("e1");
  RunFor(seconds(5));
  EXPECT_TRUE(ended_.empty());
  EXPECT_EQ(Await(LaneCommand::kEnable), absl::StatusCode::kOk);
  RunFor(seconds(5));
  EXPECT_EQ(store_.delivered.size(), 1u);
}

TEST_F(CommandTest, OneThatIsNotThereIsNotFound) {
  ASSERT_TRUE(SetTable({a_}).ok());
  EXPECT_EQ(Await(LaneCommand::kEnable, "b"), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace carillon::delivery
