// What a replay hands to its destination, and how it goes on.

#include "carillon/operations/replay.h"

#include <gmock/gmock.h>

#include <optional>

#include "carillon/aip/error.h"
#include "operations_fakes.h"

namespace carillon::operations {
namespace {

using deliverylog::State;
using std::chrono::seconds;
using testing::ElementsAre;

class ReplayTest : public testing::Test {
 protected:
  ReplayTest() {
    request_.set_destination("tenants/acme/destinations/orders");
    for (int i = 0; i < 12; ++i) {
      log_.Add(i % 4 == 3 ? "other" : "acme", i % 2 == 0 ? "a.b" : "c.d", start_ + seconds(i));
    }
  }
  DeliveryTools Tools() {
    return {.events = log_,
            .resend = [this](delivery::ResendOrder order,
                             auto done) { destination_.Take(order, std::move(done)); },
            .routes =
                [this](const std::string& tenant, const std::string& name) {
                  EXPECT_EQ(tenant + "/" + name, "acme/orders");
                  return there_ ? Table() : nullptr;
                },
            .log = log_is_on_ ? &attempts_ : nullptr};
  }
  static std::shared_ptr<const routing::RoutingTable> Table() {
    model::Destination destination;
    destination.tenant = "acme";
    destination.name = "orders";
    const std::vector<model::Subscription> subscriptions{
        {.tenant = "acme", .name = "s", .types = {"a.b"}, .destinations = {"orders"}}};
    return routing::RoutingTable::Compile({destination}, subscriptions, {});
  }
  void Begin() {
    stored_.request = request_.SerializeAsString();
    if (stored_.end == 0) stored_.end = log_.events.size() + 1;
    task_ = *MakeReplay(stored_, Tools());
  }
  /// A step, of which the next replay is told as after a restart.
  StepResult Step(size_t most = 500) {
    std::optional<StepResult> result;
    task_->Step(most, [&](StepResult step) { result = std::move(step); });
    stored_.cursor = result->cursor;
    stored_.end = result->end;
    return *result;
  }
  /// To the end; the counts of all steps.
  StepResult Run(size_t most = 500) {
    StepResult sum;
    for (int i = 0; i < 100 && !sum.finished; ++i) {
      const StepResult step = Step(most);
      EXPECT_TRUE(step.status.ok()) << step.status;
      sum.scanned += step.scanned;
      sum.matched += step.matched;
      sum.processed += step.processed;
      EXPECT_GE(step.progress, sum.progress);
      sum.progress = step.progress;
      sum.finished = step.finished;
    }
    EXPECT_TRUE(sum.finished);
    return sum;
  }

  const base::WallTime start_{seconds(1'700'000'000)};
  FakeLog log_;
  FakeAttempts attempts_;
  FakeDestination destination_;
  bool there_ = true;
  bool log_is_on_ = true;
  v1::ReplayEventsRequest request_;
  StoredOperation stored_;
  std::unique_ptr<Task> task_;
};

TEST_F(ReplayTest, HandsOverWhatIsSubscribedInTheOrderOfTheJournal) {
  Begin();
  const StepResult sum = Run();
  EXPECT_THAT(destination_.taken, ElementsAre(1, 3, 5, 7, 9, 11));
  EXPECT_EQ(sum.scanned, 12);
  EXPECT_EQ(sum.matched, 6);
  EXPECT_EQ(sum.processed, 6);
  EXPECT_EQ(sum.progress, 1);
  const delivery::ResendOrder& order = destination_.orders.front();
  EXPECT_EQ(order.tenant, "acme");
  EXPECT_EQ(order.name, "orders");
  EXPECT_TRUE(order.settled_only);
  EXPECT_EQ(order.max_parked, kMaxParked);
  EXPECT_EQ(order.items.front().bytes, log_.events.front()->record().size());
}

TEST_F(ReplayTest, TellsHowManyAttemptsThereWere) {
  attempts_.states = {{1, {State::kDelivered}}, {3, {State::kDead, State::kScheduled}}};
  Begin();
  Run();
  const delivery::ResendOrder& order = destination_.orders.front();
  EXPECT_EQ(order.trigger, model::Trigger::kReplay);
  EXPECT_EQ(order.items[0].earlier, 1u);
  EXPECT_EQ(order.items[1].earlier, 2u);
  EXPECT_EQ(order.items[2].earlier, 0u);
  // It is of no consequence where the log does not say.
  attempts_.status = absl::ResourceExhaustedError("too many");
  destination_ = {};
  stored_ = {};
  Begin();
  Run();
  EXPECT_THAT(destination_.taken, ElementsAre(1, 3, 5, 7, 9, 11));
}

TEST_F(ReplayTest, AllIsOfTheTenantWhateverIsSubscribed) {
  request_.set_selection(v1::ReplayEventsRequest::ALL);
  Begin();
  Run();
  EXPECT_THAT(destination_.taken, ElementsAre(1, 2, 3, 5, 6, 7, 9, 10, 11));
}

TEST_F(ReplayTest, MissingIsWhatNeverSucceededAndDoesNotWait) {
  request_.set_selection(v1::ReplayEventsRequest::MISSING);
  attempts_.states = {{1, {State::kDelivered}},
                      {3, {State::kDead, State::kScheduled}},
                      {5, {State::kScheduled}},
                      {7, {State::kDead, State::kDelivered}},
                      {9, {State::kQueued}}};
  Begin();
  const StepResult sum = Run(2);
  EXPECT_THAT(destination_.taken, ElementsAre(3, 11));
  EXPECT_EQ(sum.matched, 2);
  EXPECT_EQ(sum.scanned, 12);
  attempts_.status = absl::ResourceExhaustedError("too many");
  stored_ = {};
  Begin();
  Step();
  EXPECT_TRUE(absl::IsUnavailable(Step().status)) << "it is asked again";
  log_is_on_ = false;
  stored_ = {};
  Begin();
  Step();
  EXPECT_TRUE(absl::IsFailedPrecondition(Step().status));
}

TEST_F(ReplayTest, KeepsToItsRangeAndFilter) {
  request_.mutable_start_time()->set_seconds(1'700'000'002);
  request_.mutable_end_time()->set_seconds(1'700'000'010);
  request_.set_filter("attributes.place = \"odd\" AND id != \"e7\"");
  Begin();
  const StepResult sum = Run();
  EXPECT_THAT(destination_.taken, ElementsAre(3, 5, 9));
  EXPECT_EQ(sum.scanned, 8) << "what is outside of the range was read";
}

TEST_F(ReplayTest, WhatIsPublishedLaterIsNotMeant) {
  Begin();
  Step();
  for (int i = 0; i < 5; ++i) log_.Add("acme", "a.b", start_ + seconds(100));
  Run();
  EXPECT_EQ(destination_.taken.back(), 11u);
}

// After each step the process dies, and the next one goes on with what was stored.
TEST_F(ReplayTest, ARestartAfterAnyStepSkipsNothing) {
  for (bool finished = false; !finished;) {
    Begin();
    finished = Step(2).finished;
  }
  EXPECT_THAT(destination_.taken, ElementsAre(1, 3, 5, 7, 9, 11));
}

// ...or before its result was stored: then the step is made once more.
TEST_F(ReplayTest, AStepThatIsMadeTwiceSkipsNothing) {
  for (bool finished = false; !finished;) {
    Begin();
    const StoredOperation before = stored_;
    Step(2);
    stored_ = before;
    Begin();
    finished = Step(2).finished;
  }
  std::ranges::sort(destination_.taken);
  EXPECT_THAT(destination_.taken, ElementsAre(1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11));
}

TEST_F(ReplayTest, GoesOnBehindWhatTheDestinationTook) {
  Begin();
  Step();
  destination_.room = 2;
  const StepResult some = Step();
  EXPECT_TRUE(some.waits);
  EXPECT_EQ(some.processed, 2);
  EXPECT_EQ(some.matched, 2);
  EXPECT_EQ(some.scanned, 4) << "up to the first that was not taken";
  destination_.room = 0;
  const StepResult none = Step();
  EXPECT_TRUE(none.waits);
  EXPECT_EQ(none.processed, 0);
  EXPECT_EQ(none.scanned, 0);
  destination_.status = absl::FailedPreconditionError("it gives up what is to be sent");
  EXPECT_TRUE(Step().waits) << "it may be enabled again";
  destination_.status = absl::UnavailableError("it moves");
  EXPECT_TRUE(absl::IsUnavailable(Step().status));
  destination_.status = absl::OkStatus();
  destination_.room = SIZE_MAX;
  const StepResult rest = Step();
  EXPECT_EQ(rest.scanned, 8);
  EXPECT_TRUE(rest.finished);
  EXPECT_THAT(destination_.taken, ElementsAre(1, 3, 5, 7, 9, 11));
}

TEST_F(ReplayTest, EndsWhereTheDestinationIsGone) {
  Begin();
  Step();
  there_ = false;
  EXPECT_EQ(aip::ReasonOf(Step().status), v1::RESOURCE_NOT_FOUND);
  there_ = true;
  destination_.status = absl::NotFoundError("not in force");
  EXPECT_TRUE(absl::IsUnavailable(Step().status)) << "it comes in force in a moment";
}

TEST_F(ReplayTest, RefusesWhatIsWrong) {
  const auto fails = [this](const std::string& field) {
    const absl::Status status = SelectionOf(request_, Tools().routes).status();
    EXPECT_TRUE(std::string(status.message()).starts_with(field)) << status;
  };
  request_.set_destination("orders");
  fails("destination: ");
  request_.set_destination("tenants/acme/destinations/orders");
  request_.set_filter("payload = 1");
  fails("filter: ");
  request_.clear_filter();
  request_.mutable_start_time()->set_seconds(5);
  request_.mutable_end_time()->set_seconds(5);
  fails("end_time: ");
  stored_.request = "\xff";
  EXPECT_TRUE(absl::IsInvalidArgument(MakeReplay(stored_, Tools()).status()));
}

}  // namespace
}  // namespace carillon::operations
