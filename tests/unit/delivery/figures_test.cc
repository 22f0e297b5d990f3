// What a shard counts of all its destinations together: how late Carillon itself is, what holds
// retries back, breakers, parts of attempts, what routing made of events.

#include "dispatcher_support.h"

namespace carillon::delivery {
namespace {

using metrics::AttemptPhase;
using metrics::BreakerState;
using metrics::HeldBy;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Observed {
  uint64_t count = 0;
  double seconds = 0;
};

Observed Read(const metrics::PlainHistogram& histogram) {
  Observed observed{.seconds = static_cast<double>(histogram.sum_ns()) * 1e-9};
  for (size_t i = 0; i <= histogram.bounds().size(); ++i) observed.count += histogram.count(i);
  return observed;
}

class FiguresTest : public DispatcherTest {
 protected:
  FiguresTest() {
    a_.breaker.reset();
    a_.retry.jitter = 0;
    a_.disabling = {.on_gone = false, .failing_for = {}};
  }
  Observed First() const { return Read(metrics_.shard->first_attempt); }
  Observed Phase(AttemptPhase phase) const {
    return Read(metrics_.shard->phases[static_cast<size_t>(phase)]);
  }
  uint64_t Held(HeldBy by) { return metrics_.lanes["t/a"]->held[static_cast<size_t>(by)].Get(); }
  uint64_t HeldInAll() {
    uint64_t all = 0;
    for (const auto& counter : metrics_.lanes["t/a"]->held) all += counter.Get();
    return all;
  }
  uint64_t Became(BreakerState state) {
    return metrics_.lanes["t/a"]->transitions[static_cast<size_t>(state)].Get();
  }
  void PublishMany(int count, const std::string& key = "") {
    journal_->accepted_at = clock_.Wall();
    std::vector<std::shared_ptr<model::Event>> events;
    for (int i = 0; i < count; ++i) {
      events.push_back(model::Event::Create({.id = "e" + std::to_string(published_++),
                                             .type = "a",
                                             .tenant = "t",
                                             .ordering_key = key,
                                             .payload = "1"}));
    }
    journal_->Append(std::move(events), {});
  }
  /// Seconds since the retry should have gone; negative: until then. Nothing: there is none.
  std::optional<double> Overdue() {
    dispatcher_->PublishGauges();
    const int64_t due = metrics_.shard->retry_due_ns;
    if (due == metrics::ShardMetrics::kNothingDue) return std::nullopt;
    return static_cast<double>(clock_.Mono().time_since_epoch().count() - due) * 1e-9;
  }
  void StepUntilEnds(size_t attempts) {
    while (ended_.size() < attempts && executor_.Step()) {
    }
    ASSERT_EQ(ended_.size(), attempts);
  }
  /// All of `count` first attempts were made, and none is taken for late.
  void ExpectOnTime(uint64_t count) {
    EXPECT_EQ(First().count, count);
    EXPECT_LT(First().seconds, 0.05 * static_cast<double>(count));
  }

  model::Destination a_ = Named("a");
  int published_ = 0;
};

// --- How late first attempts are.

TEST_F(FiguresTest, AFirstAttemptIsObservedOnceAndRetriesAreNot) {
  a_.retry.delays = {seconds(3), seconds(3)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(20));
  EXPECT_EQ(ended_.size(), 3u);
  ExpectOnTime(1);
}

TEST_F(FiguresTest, WhatWaitsForASlowReceiverIsNotLate) {
  a_.concurrency = 2;
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.after = seconds(2);
  PublishMany(10);
  RunFor(seconds(30));
  ExpectOnTime(10);
}

TEST_F(FiguresTest, NorWhatWaitsInOrder) {
  a_.order.by = model::Ordering::kKey;
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.after = seconds(2);
  PublishMany(5, "k");
  PublishMany(1, "l");
  RunFor(seconds(30));
  EXPECT_EQ(ended_.size(), 6u);
  ExpectOnTime(6);
}

TEST_F(FiguresTest, NorWhatWaitsBehindARetryInOrder) {
  a_.order.by = model::Ordering::kStrict;
  a_.retry.delays = {seconds(30)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(4);
  RunFor(seconds(1));
  end_ = {};
  RunFor(seconds(60));
  EXPECT_EQ(ended_.size(), 5u);
  ExpectOnTime(4);
}

TEST_F(FiguresTest, NorWhatTheRateHoldsBack) {
  a_.rate = {.per_second = 1, .burst = 1};
  ASSERT_TRUE(SetTable({a_}).ok());
  PublishMany(10);
  RunFor(seconds(30));
  ExpectOnTime(10);
}

TEST_F(FiguresTest, NorWhatABreakerOrAPauseHoldsBack) {
  a_.breaker = {.consecutive_failures = 1, .delay = seconds(10), .max_delay = seconds(10)};
  a_.concurrency = 1;
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(1));
  end_ = {.status = 429, .retry_after = "30"};
  PublishMany(3);
  RunFor(seconds(20));
  end_ = {};
  RunFor(seconds(60));
  EXPECT_EQ(First().count, 4u);
  ExpectOnTime(4);
}

TEST_F(FiguresTest, NorABatchThatFills) {
  a_.format = model::Format::kCloudEventsBatch;
  a_.batch = {.max_events = 3, .max_wait = seconds(5)};
  ASSERT_TRUE(SetTable({a_}).ok());
  PublishMany(1);
  RunFor(seconds(10));
  ExpectOnTime(1);
  PublishMany(1);
  RunFor(seconds(4));
  PublishMany(2);
  RunFor(seconds(1));
  ExpectOnTime(2);
}

TEST_F(FiguresTest, NorWhatWaitedForADestinationThatWasSwitchedOff) {
  a_.enabled = false;
  ASSERT_TRUE(SetTable({a_}).ok());
  PublishMany(2);
  RunFor(seconds(100));
  a_.enabled = true;
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(10));
  ExpectOnTime(2);
}

TEST_F(FiguresTest, WhatWaitsForTheCapOfAllIsLate) {
  options_.caps = std::make_shared<policy::InFlightCaps>(1, 1);
  Create();
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.after = seconds(5);
  PublishMany(2);
  RunFor(seconds(20));
  EXPECT_EQ(First().count, 2u);
  EXPECT_GT(First().seconds, 4.9);
}

TEST_F(FiguresTest, WhatThisMachineWasShortOfIsLate) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_ = {.wire = model::Outcome::kLocalShortage, .status = 0};
  PublishMany(1);
  RunFor(seconds(20));
  EXPECT_GT(ended_.size(), 5u);
  EXPECT_EQ(First().count, 0u) << "nothing was tried";
  end_ = {};
  RunFor(seconds(10));
  EXPECT_EQ(store_.delivered.size(), 1u);
  EXPECT_EQ(First().count, 1u);
  EXPECT_GT(First().seconds, 19);
}

TEST_F(FiguresTest, SoIsWhatWaitsBehindAPauseForThat) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_ = {.wire = model::Outcome::kLocalShortage, .status = 0};
  PublishMany(1);
  const base::MonoTime first = clock_.Mono();
  RunFor(seconds(20));
  StepUntilEnds(ended_.size() + 1);
  end_ = {};
  PublishMany(1);
  const base::MonoTime second = clock_.Mono();
  StepUntilEnds(ended_.size() + 1);
  const base::MonoTime started = clock_.Mono();
  EXPECT_GT(started - second, seconds(2));
  RunFor(seconds(1));
  const auto late = (started - first) + (started - second);
  EXPECT_EQ(First().count, 2u);
  EXPECT_NEAR(First().seconds, std::chrono::duration<double>(late).count(), 0.1);
}

TEST_F(FiguresTest, WhatANewLimitLetsGoIsNotLate) {
  a_.concurrency = 1;
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.after = seconds(1000);
  PublishMany(4);
  RunFor(seconds(100));
  EXPECT_EQ(First().count, 0u) << "observed when it ends";
  a_.concurrency = 4;
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(2000));
  ExpectOnTime(4);
}

TEST_F(FiguresTest, SoIsTheTimeInWhichTheProcessWasDown) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.after = seconds(1000);
  PublishMany(1);
  RunFor(seconds(1));
  executor_.Clear();
  courier_.flights.clear();
  dispatcher_.reset();
  end_ = {};
  clock_.Advance(seconds(50));
  Create();
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(5));
  EXPECT_EQ(First().count, 1u);
  EXPECT_GT(First().seconds, 50);
}

// --- What holds retries back.

TEST_F(FiguresTest, ABreakerHoldsRetriesAndItsChangesAreCounted) {
  a_.retry.delays = {seconds(2), seconds(2), seconds(2)};
  a_.concurrency = 1;
  a_.breaker = {.consecutive_failures = 1, .delay = seconds(10), .max_delay = seconds(10)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(15));  // the probe fails, too
  EXPECT_EQ(Held(HeldBy::kBreaker), 1u);
  EXPECT_EQ(Became(BreakerState::kOpen), 2u);
  EXPECT_EQ(Became(BreakerState::kHalfOpen), 1u);
  EXPECT_EQ(Became(BreakerState::kClosed), 0u);
  end_ = {};
  RunFor(seconds(15));
  EXPECT_EQ(Held(HeldBy::kBreaker), 2u);
  EXPECT_EQ(Became(BreakerState::kOpen), 2u);
  EXPECT_EQ(Became(BreakerState::kHalfOpen), 2u);
  EXPECT_EQ(Became(BreakerState::kClosed), 1u);
  EXPECT_EQ(HeldInAll(), 2u);
}

TEST_F(FiguresTest, ABreakerThatIsTakenAwayWhileItIsOpenIsClosed) {
  a_.breaker = {.consecutive_failures = 1, .delay = seconds(100), .max_delay = seconds(100)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(1));
  EXPECT_EQ(Became(BreakerState::kOpen), 1u);
  a_.breaker.reset();
  ASSERT_TRUE(SetTable({a_}).ok());
  EXPECT_EQ(Became(BreakerState::kClosed), 1u);
  EXPECT_EQ(Became(BreakerState::kHalfOpen), 0u);
}

TEST_F(FiguresTest, APauseThatTheReceiverAskedForHoldsRetriesOneOfOursDoesNot) {
  a_.retry.delays = {seconds(2)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(1));
  end_ = {.status = 429, .retry_after = "30"};
  PublishMany(1);
  RunFor(seconds(1));
  end_ = {};
  RunFor(seconds(60));
  EXPECT_EQ(Held(HeldBy::kPause), 1u);
  EXPECT_EQ(HeldInAll(), 1u);
  end_ = {.wire = model::Outcome::kLocalShortage, .status = 0};
  PublishMany(1);
  RunFor(seconds(20));
  EXPECT_EQ(HeldInAll(), 1u);
}

TEST_F(FiguresTest, TheBudgetHoldsRetriesOnceUntilOneGoes) {
  a_.retry.delays = {seconds(1)};
  a_.retry.budget = {.ratio = 0, .min_per_second = 1e-6};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(20);
  RunFor(seconds(30));
  EXPECT_EQ(ended_.size(), 20u) << "no retry";
  EXPECT_EQ(Held(HeldBy::kBudget), 1u);
  end_ = {};
  for (int i = 0; i < 50; ++i) {  // first attempts make the lane look again
    PublishMany(5);
    RunFor(milliseconds(100));
  }
  EXPECT_EQ(Held(HeldBy::kBudget), 1u);
  a_.retry.budget = {};
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(60));
  EXPECT_EQ(store_.delivered.size(), 270u);
  EXPECT_EQ(HeldInAll(), Held(HeldBy::kBudget));
}

TEST_F(FiguresTest, TheRateHoldsRetries) {
  a_.retry.delays = {milliseconds(100)};
  a_.retry.budget = {.ratio = 1, .min_per_second = 100};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(3);
  RunFor(milliseconds(50));
  EXPECT_EQ(HeldInAll(), 0u);
  a_.rate = {.per_second = 0.2, .burst = 1};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_ = {};
  RunFor(seconds(30));
  EXPECT_EQ(store_.delivered.size(), 3u);
  EXPECT_GE(Held(HeldBy::kRate), 2u);
  EXPECT_EQ(HeldInAll(), Held(HeldBy::kRate));
}

// --- How late the retry timer is.

TEST_F(FiguresTest, ARetryIsOverdueWhenTheThreadDoesNotComeToIt) {
  a_.retry.delays = {seconds(10)};
  ASSERT_TRUE(SetTable({a_}).ok());
  EXPECT_FALSE(Overdue());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(5));
  ASSERT_TRUE(Overdue());
  EXPECT_NEAR(*Overdue(), -5, 0.1);
  clock_.Advance(seconds(20));
  EXPECT_NEAR(*Overdue(), 15, 0.1);
  while (ended_.size() < 2) {  // also while the journal is asked for it
    const auto overdue = Overdue();
    if (courier_.flights.empty()) {
      ASSERT_TRUE(overdue);
      EXPECT_NEAR(*overdue, 15, 0.5);
    }
    ASSERT_TRUE(executor_.Step());
  }
  EXPECT_FALSE(Overdue());
}

TEST_F(FiguresTest, ARetryThatSomethingElseHoldsIsNotOverdue) {
  a_.retry.delays = {seconds(2)};
  a_.breaker = {.consecutive_failures = 1, .delay = seconds(100), .max_delay = seconds(100)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(50));
  EXPECT_EQ(ended_.size(), 1u);
  EXPECT_FALSE(Overdue()) << "the breaker is open";

  a_.breaker.reset();
  a_.rate = {.per_second = 0.001, .burst = 1};
  end_ = {};
  PublishMany(1);  // takes what the rate allows
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(10));
  EXPECT_FALSE(Overdue()) << "the rate";

  a_.rate.reset();
  a_.concurrency = 1;
  end_ = {.after = seconds(1000)};
  PublishMany(1);
  ASSERT_TRUE(SetTable({a_}).ok());
  RunFor(seconds(10));
  ASSERT_EQ(courier_.flights.size(), 1u);
  EXPECT_FALSE(Overdue()) << "its limit";
}

TEST_F(FiguresTest, NorIsOneThatTheBudgetHeldWhileTheJournalIsAskedForIt) {
  a_.retry.delays = {seconds(1)};
  a_.retry.budget = {.ratio = 0, .min_per_second = 1};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(60);
  const base::MonoTime start = clock_.Mono();
  RunFor(milliseconds(500));
  end_ = {};
  double most = 0;
  while (store_.delivered.size() < 60) {
    if (const auto overdue = Overdue()) most = std::max(most, *overdue);
    ASSERT_TRUE(executor_.Step());
  }
  EXPECT_GT(clock_.Mono() - start, seconds(40)) << "the budget held them";
  EXPECT_LT(most, 2);
}

TEST_F(FiguresTest, ARetryThatWaitsForWhatThisMachineIsShortOfIsOverdue) {
  a_.retry.delays = {seconds(25)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(1));
  end_ = {.wire = model::Outcome::kLocalShortage, .status = 0};
  PublishMany(1);
  RunFor(seconds(22));
  const base::MonoTime until = clock_.Mono() + seconds(8);
  double most = 0;
  while (clock_.Mono() < until && executor_.Step()) {
    if (const auto overdue = Overdue()) most = std::max(most, *overdue);
  }
  EXPECT_GT(most, 0.2);
  EXPECT_LT(most, 5.1);
}

TEST_F(FiguresTest, ARetryIsNoLaterThanTheEndOfWhatHeldIt) {
  a_.retry.delays = {seconds(2)};
  a_.breaker = {.consecutive_failures = 1, .delay = seconds(100), .max_delay = seconds(100)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(seconds(10));
  const base::MonoTime start = clock_.Mono();
  while (ended_.size() < 2) {
    const auto overdue = Overdue();
    if (overdue && courier_.flights.empty()) EXPECT_LT(*overdue, 1);
    ASSERT_TRUE(executor_.Step());
  }
  EXPECT_GT(clock_.Mono() - start, seconds(60));
}

// --- Parts of attempts.

TEST_F(FiguresTest, PartsOfAttemptsAreObservedFailedOrNot) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.times = {.dns = milliseconds(1),
                .connect = milliseconds(2),
                .first_byte = milliseconds(3),
                .body = milliseconds(0)};
  PublishMany(1);
  RunFor(seconds(1));
  end_ = {.wire = model::Outcome::kConnectTimeout,
          .status = 0,
          .times = {.dns = milliseconds(4), .connect = seconds(5)}};
  PublishMany(1);
  RunFor(seconds(1));
  EXPECT_EQ(Phase(AttemptPhase::kDns).count, 2u);
  EXPECT_DOUBLE_EQ(Phase(AttemptPhase::kDns).seconds, 0.005);
  EXPECT_DOUBLE_EQ(Phase(AttemptPhase::kConnect).seconds, 5.002);
  EXPECT_EQ(Phase(AttemptPhase::kTls).count, 0u);
  EXPECT_EQ(Phase(AttemptPhase::kFirstByte).count, 1u);
  EXPECT_DOUBLE_EQ(Phase(AttemptPhase::kFirstByte).seconds, 0.003);
  EXPECT_EQ(Phase(AttemptPhase::kBody).count, 1u);
}

TEST_F(FiguresTest, ThoseOfACancelledOneAreNot) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_ = {.wire = model::Outcome::kCancelled, .status = 0, .times = {.dns = seconds(4)}};
  PublishMany(1);
  RunFor(milliseconds(10));
  EXPECT_EQ(Phase(AttemptPhase::kDns).count, 0u);
}

// --- What routing made of events.

TEST_F(FiguresTest, DeliveriesAndEventsThatNobodyWantsAreCountedByType) {
  tell_ = "a";  // wants nothing that is published
  ASSERT_TRUE(SetTable({a_}).ok());
  PublishMany(3);
  RunFor(seconds(1));
  const size_t place = metrics_.types.at("a");
  EXPECT_EQ(metrics_.shard->unrouted[place].Get(), 3u);
  EXPECT_EQ(metrics_.shard->created[place].Get(), 0u);
  ASSERT_TRUE(SetTable({a_, Named("b"), Named("c")}).ok());
  PublishMany(4);
  RunFor(seconds(1));
  EXPECT_EQ(metrics_.shard->unrouted[place].Get(), 3u);
  EXPECT_EQ(metrics_.shard->created[place].Get(), 8u);
}

TEST_F(FiguresTest, OfADestinationThatFellBehindToo) {
  options_.max_lane_bytes = 4000;
  Create();
  a_.concurrency = 1;
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.after = milliseconds(10);
  PublishMany(500);
  RunFor(seconds(20));
  EXPECT_EQ(store_.delivered.size(), 500u);
  EXPECT_EQ(metrics_.shard->created[metrics_.types.at("a")].Get(), 500u);
}

TEST_F(FiguresTest, WhatIsReadAgainAfterAStartIsNotCountedAgain) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.after = seconds(1000);
  PublishMany(3);
  RunFor(seconds(1));
  executor_.Clear();
  courier_.flights.clear();
  dispatcher_.reset();
  end_ = {};
  Create();
  ASSERT_TRUE(SetTable({a_}).ok());
  PublishMany(1);
  RunFor(seconds(5));
  EXPECT_EQ(store_.delivered.size(), 4u);
  EXPECT_EQ(metrics_.shard->created[metrics_.types.at("a")].Get(), 1u);
}

TEST_F(FiguresTest, WhatAnotherShardWantsIsNotUnroutedAndOneOfThemSaysSo) {
  tell_ = "a";
  const auto other = [](std::vector<std::string> wanted) {
    return std::make_shared<SimTable>(std::vector<model::Destination>{Named("z")},
                                      [wanted](const std::string&, const model::Event& event) {
                                        return std::ranges::count(wanted, event.id()) > 0;
                                      });
  };
  AllTables tables;
  options_.shard = 0;
  options_.tables = &tables;
  Create();
  ASSERT_TRUE(SetTable({a_}).ok());
  tables.Set({other({}), other({"e1"})});
  PublishMany(6);  // at positions 1 to 6; this shard speaks for the even ones, e1, e3, e5
  RunFor(seconds(1));
  EXPECT_EQ(metrics_.shard->unrouted[metrics_.types.at("a")].Get(), 2u);
}

}  // namespace
}  // namespace carillon::delivery
