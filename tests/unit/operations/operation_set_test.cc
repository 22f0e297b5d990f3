// Operations step by step, on simulated time.

#include "operation_set.h"

#include <gmock/gmock.h>

#include <deque>
#include <optional>

#include "carillon/aip/error.h"
#include "carillon/v1/delivery_service.pb.h"
#include "operations_fakes.h"

namespace carillon::operations {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

/// What the test says comes of each step.
struct Script {
  std::deque<StepResult> results;
  std::vector<size_t> asked;
  absl::AnyInvocable<void(StepResult)> open;  // a step that has not ended
  bool hold = false;
};

class ScriptedTask final : public Task {
 public:
  ScriptedTask(Script& script, const StoredOperation& stored)
      : script_(script), cursor_(stored.cursor) {}
  void Step(size_t most, absl::AnyInvocable<void(StepResult)> done) override {
    script_.asked.push_back(most);
    if (script_.hold) {
      script_.open = std::move(done);
      return;
    }
    StepResult result = Took(most);
    if (!script_.results.empty()) {
      result = std::move(script_.results.front());
      script_.results.pop_front();
    }
    if (result.cursor == 0) result.cursor = cursor_;
    cursor_ = result.cursor;
    done(std::move(result));
  }
  StepResult Took(size_t count) const {
    const auto all = static_cast<int64_t>(count);
    return {.cursor = cursor_ + count, .scanned = all, .matched = all, .processed = all};
  }

 private:
  Script& script_;
  uint64_t cursor_;
};

class OperationSetTest : public testing::Test {
 protected:
  OperationSetTest() { Open(); }

  void Open() {
    set_.reset();
    store_.reset();
    store_ = *OperationStore::Open(folder_.file());
    set_ = std::make_unique<OperationSet>(
        *store_,
        [this](const StoredOperation& stored) -> absl::StatusOr<std::unique_ptr<Task>> {
          if (stored.request == "wrong") return absl::InvalidArgumentError("it is wrong");
          return std::make_unique<ScriptedTask>(script_, stored);
        },
        clock_, random_,
        [this](absl::AnyInvocable<void(OperationSet&)> task) {
          posted_.push_back(std::move(task));
        },
        [this](const StoredOperation& stored, auto done) {
          counted_from_.push_back(stored.counted);
          if (!outcome_.ok()) return done(outcome_);
          const OutcomeCounts counts{.delivered = std::exchange(delivered_, 0),
                                     .dead = std::exchange(dead_, 0),
                                     .next = log_end_};
          done(counts);
        });
    ASSERT_TRUE(set_->Load().ok());
  }
  void RunPosted() {
    while (!posted_.empty()) {
      auto task = std::move(posted_.front());
      posted_.pop_front();
      task(*set_);
    }
  }
  /// Lets the time pass, and calls Turn when the set wants it.
  void RunFor(std::chrono::nanoseconds time) {
    const base::MonoTime until = clock_.Mono() + time;
    for (int turns = 0; turns < 100'000; ++turns) {
      const base::MonoTime next = set_->Turn().value_or(until);
      if (!posted_.empty()) {
        RunPosted();
        continue;
      }
      if (next > until) break;
      clock_.Advance(std::max(next, clock_.Mono()) - clock_.Mono());
    }
    clock_.Advance(until - std::min(until, clock_.Mono()));
  }
  static Operations::Beginning Of(const std::string& tenant) {
    Operations::Beginning beginning{.tenant = tenant};
    beginning.operation.set_kind(v1::Operation::REPLAY);
    beginning.operation.set_principal("tokens/ops");
    return beginning;
  }
  absl::StatusOr<v1::Operation> Start(Operations::Beginning beginning) {
    return Call([&](auto done) { set_->Start(std::move(beginning), std::move(done)); });
  }
  template <typename What>
  static absl::StatusOr<v1::Operation> Call(What what) {
    std::optional<absl::StatusOr<v1::Operation>> answer;
    what(Operations::Done([&](auto operation) { answer = std::move(operation); }));
    return answer.value_or(absl::InternalError("it was not answered"));
  }
  v1::Operation Get(const std::string& name) {
    return *Call([&](auto done) { set_->Get(name, std::move(done)); });
  }
  absl::StatusOr<v1::Operation> SetPaused(const std::string& name, bool paused) {
    const auto change = [paused](v1::Operation& operation) {
      operation.set_paused(paused);
      return absl::OkStatus();
    };
    return Call([&](auto done) { set_->Update(name, change, std::move(done)); });
  }

  const TestFolder folder_;
  base::SimulatedClock clock_;
  base::SeededRandom random_{7};
  Script script_;
  // What came of deliveries since it was asked last:
  int64_t delivered_ = 0;
  int64_t dead_ = 0;
  uint64_t log_end_ = 1;
  absl::Status outcome_;
  std::vector<uint64_t> counted_from_;
  std::deque<absl::AnyInvocable<void(OperationSet&)>> posted_;
  std::unique_ptr<OperationStore> store_;
  std::unique_ptr<OperationSet> set_;
};

TEST_F(OperationSetTest, OutcomesAreCountedAlsoWhenItIsDone) {
  script_.results = {{.cursor = 9, .scanned = 5, .matched = 5, .processed = 5, .finished = true}};
  const std::string name = Start(Of("acme"))->name();
  delivered_ = 2;
  log_end_ = 7;
  RunFor(milliseconds(10));
  EXPECT_EQ(Get(name).delivered_count(), 2);
  EXPECT_TRUE(Get(name).done());
  outcome_ = absl::UnavailableError("not now");
  RunFor(std::chrono::minutes(5));
  outcome_ = absl::OkStatus();
  dead_ = 1;
  log_end_ = 9;
  RunFor(std::chrono::minutes(5));
  EXPECT_EQ(Get(name).delivered_count(), 2);
  EXPECT_EQ(Get(name).dead_count(), 1);
  EXPECT_EQ(counted_from_[1], 7u) << "it goes on where it ended";
  Open();
  EXPECT_EQ(Get(name).delivered_count(), 2);
  delivered_ = 40;  // another one works at the same place, too
  RunFor(std::chrono::minutes(5));
  EXPECT_EQ(Get(name).delivered_count(), 5) << "not more than it handled";
  EXPECT_EQ(Get(name).dead_count(), 0);
  const size_t asked = counted_from_.size();
  RunFor(std::chrono::minutes(5));
  EXPECT_EQ(counted_from_.size(), asked) << "nothing more can come";
}

// The first are delivered before the step that handed them over has ended.
TEST_F(OperationSetTest, AnOutcomeMayComeBeforeItsStepIsCounted) {
  script_.results = {{.cursor = 2, .scanned = 1, .matched = 1, .processed = 1},
                     {.cursor = 9, .scanned = 4, .matched = 4, .processed = 4, .finished = true}};
  const std::string name = Start(Of("acme"))->name();
  set_->Turn();
  RunPosted();
  script_.hold = true;
  delivered_ = 4;
  set_->Turn();
  RunPosted();
  EXPECT_EQ(Get(name).delivered_count(), 1);
  script_.open({.cursor = 9, .scanned = 4, .matched = 4, .processed = 4, .finished = true});
  RunPosted();
  EXPECT_EQ(Get(name).delivered_count(), 4);
}

TEST_F(OperationSetTest, WhatIsPurgedHasNoOutcomes) {
  script_.results = {{.cursor = 9, .scanned = 5, .matched = 5, .processed = 5, .finished = true}};
  Operations::Beginning beginning = Of("acme");
  beginning.operation.set_kind(v1::Operation::PURGE);
  ASSERT_TRUE(Start(std::move(beginning)).ok());
  RunFor(std::chrono::minutes(5));
  EXPECT_TRUE(counted_from_.empty());
}

TEST_F(OperationSetTest, GoesOnStepByStepToItsEnd) {
  script_.results = {{.cursor = 5, .scanned = 9, .matched = 4, .processed = 4, .progress = 0.5},
                     {.cursor = 6, .scanned = 1, .matched = 1, .processed = 1, .progress = 0.4},
                     {.cursor = 9, .scanned = 3, .progress = 0.9, .finished = true}};
  const auto made = Start(Of("acme"));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(made->name().starts_with("tenants/acme/operations/")) << made->name();
  EXPECT_EQ(made->state(), v1::Operation::RUNNING);
  EXPECT_TRUE(made->has_create_time());
  EXPECT_FALSE(made->done());
  set_->Turn();
  RunPosted();
  EXPECT_EQ(Get(made->name()).progress(), 0.5);
  set_->Turn();
  RunPosted();
  EXPECT_EQ(Get(made->name()).progress(), 0.5) << "progress fell";
  RunFor(seconds(1));
  const v1::Operation end = Get(made->name());
  EXPECT_TRUE(end.done());
  EXPECT_EQ(end.state(), v1::Operation::SUCCEEDED);
  EXPECT_EQ(end.scanned_count(), 13);
  EXPECT_EQ(end.matched_count(), 5);
  EXPECT_EQ(end.processed_count(), 5);
  EXPECT_EQ(end.progress(), 1);
  EXPECT_TRUE(end.has_end_time());
  EXPECT_FALSE(end.has_error());
  EXPECT_THAT(script_.asked, ElementsAre(500, 500, 500));
}

TEST_F(OperationSetTest, ShowsWhatItWasAskedAlsoAfterARestart) {
  v1::ReplayEventsRequest request;
  request.set_destination("tenants/acme/destinations/orders");
  request.set_filter("type = \"a.b\"");
  Operations::Beginning beginning = Of("acme");
  beginning.request = request.SerializeAsString();
  const std::string name = Start(std::move(beginning))->name();
  EXPECT_EQ(Get(name).request().destination(), "tenants/acme/destinations/orders");
  Open();
  EXPECT_EQ(Get(name).request().filter(), "type = \"a.b\"");
  ASSERT_EQ(set_->List("acme").size(), 1u);
  EXPECT_TRUE(set_->List("acme")[0].has_request());
  EXPECT_FALSE(Get(Start(Of("beta"))->name()).has_request());
}

TEST_F(OperationSetTest, KeepsToItsRate) {
  Operations::Beginning beginning = Of("acme");
  beginning.operation.set_max_rate(20);
  const auto made = Start(std::move(beginning));
  RunFor(seconds(10));
  const int64_t processed = Get(made->name()).processed_count();
  EXPECT_GE(processed, 198);
  EXPECT_LE(processed, 202);
  const auto faster = Call([&](auto done) {
    set_->Update(
        made->name(),
        [](v1::Operation& operation) {
          operation.set_max_rate(1000);
          return absl::OkStatus();
        },
        std::move(done));
  });
  ASSERT_TRUE(faster.ok());
  EXPECT_NE(faster->etag(), made->etag());
  RunFor(seconds(10));
  EXPECT_NEAR(static_cast<double>(Get(made->name()).processed_count() - processed), 10'000, 200);
}

TEST_F(OperationSetTest, StandsStillWhilePaused) {
  const auto made = Start(Of("acme"));
  const auto paused = SetPaused(made->name(), true);
  ASSERT_TRUE(paused.ok());
  EXPECT_EQ(paused->state(), v1::Operation::PAUSED);
  RunFor(seconds(60));
  EXPECT_TRUE(script_.asked.empty());
  Open();
  RunFor(seconds(60));
  EXPECT_TRUE(script_.asked.empty()) << "a restart ended the pause";
  script_.results = {{.finished = true}};
  EXPECT_EQ(SetPaused(made->name(), false)->state(), v1::Operation::RUNNING);
  RunFor(seconds(1));
  EXPECT_EQ(Get(made->name()).state(), v1::Operation::SUCCEEDED);
  EXPECT_EQ(aip::ReasonOf(SetPaused(made->name(), true).status()), v1::STATE_CONFLICT);
}

TEST_F(OperationSetTest, ARestartGoesOnFromWhereItWas) {
  script_.results = {{.cursor = 70, .end = 90, .scanned = 3, .matched = 2, .processed = 2}};
  const auto made = Start(Of("acme"));
  set_->Turn();
  RunPosted();
  script_.hold = true;
  set_->Turn();  // this step is lost
  ASSERT_EQ(script_.asked.size(), 2u);
  Open();
  EXPECT_EQ(store_->Load()->front().cursor, 70u);
  EXPECT_EQ(store_->Load()->front().end, 90u);
  script_.hold = false;
  script_.results = {{.scanned = 4, .processed = 3, .finished = true}};
  RunFor(seconds(1));
  const v1::Operation end = Get(made->name());
  EXPECT_EQ(end.state(), v1::Operation::SUCCEEDED);
  EXPECT_EQ(end.scanned_count(), 7);
  EXPECT_EQ(end.processed_count(), 5);
  EXPECT_EQ(end.principal(), "tokens/ops");
  Open();
  EXPECT_EQ(Get(made->name()).SerializeAsString(), end.SerializeAsString());
  EXPECT_EQ(script_.asked.size(), 3u) << "one that is done began again";
}

TEST_F(OperationSetTest, WhatIsNotToBeHadIsAskedForAgain) {
  script_.results = {{.status = absl::UnavailableError("no")},
                     {.status = absl::ResourceExhaustedError("full")},
                     {.cursor = 1, .waits = true},
                     {.cursor = 1, .waits = true},
                     {.cursor = 1, .waits = true},
                     {.finished = true}};
  const auto made = Start(Of("acme"));
  RunFor(milliseconds(900));
  EXPECT_EQ(script_.asked.size(), 1u);
  RunFor(milliseconds(200));
  EXPECT_EQ(script_.asked.size(), 2u);
  RunFor(milliseconds(1000));
  EXPECT_EQ(script_.asked.size(), 4u) << "one and, 50 ms later, one more";
  RunFor(seconds(1));
  EXPECT_EQ(Get(made->name()).state(), v1::Operation::SUCCEEDED);
}

TEST_F(OperationSetTest, AnErrorEndsIt) {
  script_.results = {{.status = aip::NotFound("carillon/Destination", "tenants/t/destinations/d")}};
  const auto made = Start(Of("acme"));
  RunFor(seconds(1));
  const v1::Operation end = Get(made->name());
  EXPECT_TRUE(end.done());
  EXPECT_EQ(end.state(), v1::Operation::FAILED);
  EXPECT_EQ(end.error().code(), static_cast<int>(absl::StatusCode::kNotFound));
  Operations::Beginning wrong = Of("acme");
  wrong.request = "wrong";
  EXPECT_TRUE(absl::IsInvalidArgument(Start(std::move(wrong)).status()));
}

TEST_F(OperationSetTest, IsCanceledBetweenStepsAndAfterTheOneUnderWay) {
  const auto cancel = [this](const std::string& name) {
    return Call([&](auto done) { set_->Cancel(name, std::move(done)); });
  };
  const auto idle = Start(Of("acme"));
  const auto canceled = cancel(idle->name());
  ASSERT_TRUE(canceled.ok());
  EXPECT_EQ(canceled->state(), v1::Operation::CANCELLED);
  EXPECT_EQ(canceled->error().code(), static_cast<int>(absl::StatusCode::kCancelled));
  EXPECT_EQ(cancel(idle->name())->SerializeAsString(), canceled->SerializeAsString());

  script_.hold = true;
  const auto busy = Start(Of("acme"));
  set_->Turn();
  std::optional<v1::Operation> answer;
  set_->Cancel(busy->name(), [&](auto operation) { answer = *operation; });
  EXPECT_FALSE(answer.has_value());
  script_.open({.cursor = 4, .scanned = 2, .matched = 2, .processed = 2});
  RunPosted();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->state(), v1::Operation::CANCELLED);
  EXPECT_EQ(answer->processed_count(), 2) << "what was done stays done, and is counted";
  Open();
  EXPECT_EQ(Get(busy->name()).state(), v1::Operation::CANCELLED);
  EXPECT_EQ(aip::ReasonOf(cancel("tenants/acme/operations/none").status()), v1::RESOURCE_NOT_FOUND);
}

TEST_F(OperationSetTest, WhoWaitsIsToldOfTheEndOrWhenTheTimeIsOver) {
  script_.hold = true;
  const auto made = Start(Of("acme"));
  std::vector<std::string> told;
  const auto wait = [&](std::chrono::nanoseconds at_most, const std::string& who) {
    set_->Wait(made->name(), at_most, [&told, who](auto operation) {
      told.push_back(who + (operation.ok() && operation->done() ? " done" : " not done"));
    });
  };
  wait(seconds(0), "nobody");
  wait(seconds(5), "short");
  wait(seconds(60), "long");
  RunFor(seconds(4));
  EXPECT_THAT(told, ElementsAre("nobody not done"));
  RunFor(seconds(2));
  EXPECT_THAT(told, ElementsAre("nobody not done", "short not done"));
  script_.open({.finished = true});
  RunPosted();
  EXPECT_THAT(told, ElementsAre("nobody not done", "short not done", "long done"));
  wait(seconds(60), "late");
  EXPECT_EQ(told.back(), "late done");
  const auto open = Start(Of("acme"));
  std::optional<absl::Status> refused;
  for (size_t i = 0; i <= Operations::kMaxWaiters; ++i) {
    set_->Wait(open->name(), seconds(60), [&](const auto& operation) {
      if (!refused) refused = operation.status();
    });
  }
  EXPECT_EQ(aip::ReasonOf(refused.value()), v1::TOO_MANY_CALLS);
  std::optional<absl::Status> stopped;
  refused.reset();
  set_.reset();
  EXPECT_EQ(aip::ReasonOf(refused.value()), v1::STOPPING);
}

TEST_F(OperationSetTest, HowManyRunIsBounded) {
  script_.hold = true;
  for (size_t i = 0; i < Operations::kMaxRunningOfTenant; ++i) ASSERT_TRUE(Start(Of("acme")).ok());
  EXPECT_EQ(aip::ReasonOf(Start(Of("acme")).status()), v1::QUOTA_EXCEEDED);
  size_t running = Operations::kMaxRunningOfTenant;
  while (running < Operations::kMaxRunning) {
    ASSERT_TRUE(Start(Of("t" + std::to_string(running++))).ok());
  }
  EXPECT_EQ(aip::ReasonOf(Start(Of("one-more")).status()), v1::QUOTA_EXCEEDED);
  const std::string name = set_->List("acme").front().name();
  EXPECT_TRUE(Call([&](auto done) { set_->Cancel(name, std::move(done)); }).ok());
  EXPECT_TRUE(Start(Of("acme")).ok());
  EXPECT_EQ(set_->List("acme").size(), Operations::kMaxRunningOfTenant + 1);
  EXPECT_EQ(set_->List("-").size(), Operations::kMaxRunning + 1);
  EXPECT_TRUE(set_->List("acm").empty());
}

TEST_F(OperationSetTest, WhatDeletesATenantBeginsBesideItsOthersAndOnceByItsName) {
  script_.hold = true;
  for (size_t i = 0; i < Operations::kMaxRunningOfTenant; ++i) ASSERT_TRUE(Start(Of("acme")).ok());
  Operations::Beginning last = Of("acme");
  last.operation.set_kind(v1::Operation::DELETE_TENANT);
  last.operation.set_name("tenants/acme/operations/chosen");
  for (int times = 0; times < 2; ++times) {
    Operations::Beginning again = last;
    const auto begun = Start(std::move(again));
    ASSERT_TRUE(begun.ok()) << begun.status();
    EXPECT_EQ(begun->name(), "tenants/acme/operations/chosen");
    EXPECT_EQ(set_->List("acme").size(), Operations::kMaxRunningOfTenant + 1);
  }
}

TEST_F(OperationSetTest, TheSameCallBeginsOneOperation) {
  const auto start = [this](const std::string& key) {
    Operations::Beginning beginning = Of("acme");
    beginning.request_key = key;
    return Start(std::move(beginning))->name();
  };
  const std::string name = start("ops r");
  EXPECT_EQ(start("ops r"), name);
  Open();
  EXPECT_EQ(start("ops r"), name);
  EXPECT_NE(start("ops s"), name);
  EXPECT_NE(start(""), start(""));
}

TEST_F(OperationSetTest, OneThatIsDoneCanBeForgottenAndIsAfterAWeek) {
  const auto forget = [this](const std::string& name) {
    return Call([&](auto done) { set_->Delete(name, std::move(done)); });
  };
  const auto first = Start(Of("acme"));
  EXPECT_EQ(aip::ReasonOf(forget(first->name()).status()), v1::STATE_CONFLICT);
  (void)Call([&](auto done) { set_->Cancel(first->name(), std::move(done)); });
  EXPECT_TRUE(forget(first->name()).ok());
  EXPECT_EQ(aip::ReasonOf(forget(first->name()).status()), v1::RESOURCE_NOT_FOUND);
  script_.results = {{.finished = true}};
  const auto second = Start(Of("acme"));
  RunFor(seconds(1));
  EXPECT_TRUE(Get(second->name()).done());
  clock_.Advance(Operations::kKeptFor - seconds(100));
  RunFor(seconds(1));
  EXPECT_EQ(set_->List("-").size(), 1u);
  clock_.Advance(seconds(200));
  RunFor(seconds(1));
  EXPECT_TRUE(set_->List("-").empty());
  EXPECT_TRUE(store_->Load()->empty());
}

}  // namespace
}  // namespace carillon::operations
