// Which deliveries ResendDeliveries hands over, and where it goes on.
#include "resend_task.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <optional>

#include "carillon/aip/error.h"
#include "delivery_count.h"

namespace carillon::control {
namespace {

using deliverylog::Record;
using deliverylog::State;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

/// Attempts, the newest first.
class ListedAttempts final : public deliverylog::AttemptStore {
 public:
  void Add(uint32_t, const deliverylog::Entry&) override {}
  void Find(deliverylog::Query query,
            absl::AnyInvocable<void(absl::StatusOr<deliverylog::Page>)> done) override {
    deliverylog::Page page;
    for (const Record& record : records) {
      if (record.sequence >= query.before) continue;
      if (query.destination && record.destination != *query.destination) continue;
      if (query.position && record.figures.position != *query.position) continue;
      if (query.matches && !query.matches(record)) continue;
      page.records.push_back(record);
      if (page.records.size() == query.limit) {
        page.next = record.sequence;
        break;
      }
    }
    if (!failure.ok()) return done(failure);
    done(std::move(page));
  }
  void AddAll(std::span<const deliverylog::Entry> entries,
              absl::AnyInvocable<void(absl::Status)> done) override {
    for (const deliverylog::Entry& entry : entries) Add(0, entry);
    done(absl::OkStatus());
  }
  void Flush() override {}
  deliverylog::LogFigures figures() const override { return {}; }

  std::vector<Record> records;
  absl::Status failure;
};

/// Every event up to position 20 but those that are gone.
class TwentyEvents final : public store::EventLog {
 public:
  void AddConsumer(store::Consumer*) override {}
  void RemoveConsumer(store::Consumer*) override {}
  void Append(std::vector<std::shared_ptr<model::Event>>, store::AppendDone) override {}
  void Read(uint64_t from, size_t, absl::AnyInvocable<void(store::EventBatchPtr)> done) override {
    auto batch = std::make_shared<store::EventBatch>(store::EventBatch{{}, from, 20});
    if (std::ranges::count(gone, from) == 0) {
      auto event = model::Event::Create({.id = "e", .type = "a", .tenant = "acme", .payload = "1"});
      event->Accept(from, {});
      batch->events.push_back(std::move(event));
    }
    done(std::move(batch));
  }
  void Stop() override {}
  LogStats log_stats() const override { return {.last_position = 20}; }

  std::vector<uint64_t> gone;
};

class ResendTaskTest : public testing::Test {
 protected:
  ResendTaskTest() {
    request_.set_parent("tenants/acme/destinations/-");
    request_.set_filter("state = DEAD");
  }
  void Add(uint64_t position, State state, const std::string& destination = "orders") {
    Record record{
        .sequence = log_.records.size() + 1, .tenant = "acme", .destination = destination};
    record.figures.position = position;
    record.figures.state = state;
    record.figures.number = static_cast<uint32_t>(100 + position);
    record.figures.next = base::WallTime(std::chrono::seconds(position));
    log_.records.insert(log_.records.begin(), record);
  }
  operations::DeliveryTools Tools() {
    return {.events = events_,
            .resend =
                [this](const delivery::ResendOrder& order, auto done) {
                  orders_.push_back(order);
                  if (!outcome_.ok()) return done(outcome_);
                  const size_t taken = std::min(room_, order.items.size());
                  for (size_t i = 0; i < taken; ++i) {
                    taken_.push_back(order.name + " " + std::to_string(order.items[i].position));
                  }
                  done(taken);
                },
            .routes = {},
            .log = &log_};
  }
  /// As after a restart.
  operations::StepResult Step(size_t most = 500) {
    stored_.request = request_.SerializeAsString();
    auto task = MakeResendTask(stored_, Tools());
    std::optional<operations::StepResult> result;
    (*task)->Step(most, [&](operations::StepResult step) { result = std::move(step); });
    stored_.cursor = result->cursor;
    stored_.end = result->end;
    return *result;
  }

  ListedAttempts log_;
  TwentyEvents events_;
  std::vector<delivery::ResendOrder> orders_;
  std::vector<std::string> taken_;
  size_t room_ = SIZE_MAX;
  absl::Status outcome_;
  v1::ResendDeliveriesRequest request_;
  operations::StoredOperation stored_;
};

TEST_F(ResendTaskTest, WhatMatchesIsHandedOverByRunsOfOneDestination) {
  Add(1, State::kDead);
  Add(2, State::kDelivered);
  Add(3, State::kDead, "other");
  Add(4, State::kDead);
  Add(5, State::kDead);
  const operations::StepResult step = Step();
  EXPECT_TRUE(step.finished);
  EXPECT_EQ(step.matched, 4);
  EXPECT_EQ(step.processed, 4);
  EXPECT_THAT(taken_, ElementsAre("orders 5", "orders 4", "other 3", "orders 1"));
  ASSERT_EQ(orders_.size(), 3u);
  EXPECT_EQ(orders_[0].tenant, "acme");
  EXPECT_EQ(orders_[0].max_parked, operations::kMaxParked);
  EXPECT_FALSE(orders_[0].items[0].due.has_value());
  EXPECT_GT(orders_[0].items[0].bytes, 0u);
  EXPECT_EQ(orders_[0].items[0].earlier, 105u);
  EXPECT_EQ(orders_[0].items[1].earlier, 104u);
}

TEST_F(ResendTaskTest, GoesOnPageByPageAndAfterAnyRestart) {
  for (uint64_t position = 1; position <= 9; ++position) Add(position, State::kDead);
  double progress = 0;
  for (int i = 0; i < 10; ++i) {
    const operations::StepResult step = Step(2);
    EXPECT_GE(step.progress, progress);
    progress = step.progress;
    if (step.finished) break;
    Add(20, State::kDead);  // newer than the first page: not meant
  }
  EXPECT_EQ(taken_.size(), 9u);
  EXPECT_EQ(std::ranges::count(taken_, "orders 20"), 0);
  EXPECT_EQ(progress, 1);
}

TEST_F(ResendTaskTest, ARetryIsBroughtForwardAndWhatIsOnItsWayIsPassed) {
  request_.set_filter("*");
  Add(1, State::kScheduled);
  Add(2, State::kQueued);
  Add(3, State::kScheduled);
  room_ = 0;  // both are on their way already
  const operations::StepResult step = Step();
  EXPECT_TRUE(step.finished);
  EXPECT_EQ(step.matched, 3);
  EXPECT_EQ(step.processed, 0);
  ASSERT_EQ(orders_.size(), 2u);
  EXPECT_EQ(orders_[0].items[0].due, base::WallTime(std::chrono::seconds(3)));
}

TEST_F(ResendTaskTest, WhatHasANewerAttemptOrNoEventIsPassed) {
  request_.set_filter("*");
  events_.gone = {2};
  Add(1, State::kDelivered);
  Add(2, State::kDead);
  Add(1, State::kDelivered);
  const operations::StepResult step = Step();
  EXPECT_TRUE(step.finished);
  EXPECT_THAT(taken_, ElementsAre("orders 1"));
  EXPECT_EQ(step.matched, 3);
  EXPECT_EQ(step.processed, 1);
}

TEST_F(ResendTaskTest, AFullDestinationIsWaitedForAndOneThatIsGoneIsNot) {
  for (uint64_t position = 1; position <= 4; ++position) Add(position, State::kDead);
  room_ = 3;
  const operations::StepResult some = Step();
  EXPECT_TRUE(some.waits);
  EXPECT_FALSE(some.finished);
  EXPECT_EQ(some.processed, 3);
  EXPECT_EQ(some.matched, 3);
  outcome_ = absl::UnavailableError("it moves");
  EXPECT_TRUE(absl::IsUnavailable(Step().status));
  log_.failure = absl::ResourceExhaustedError("busy");
  EXPECT_TRUE(absl::IsUnavailable(Step().status));
  log_.failure = absl::OkStatus();
  outcome_ = absl::OkStatus();
  EXPECT_TRUE(Step().finished);
  EXPECT_THAT(taken_, ElementsAre("orders 4", "orders 3", "orders 2", "orders 1"));
  stored_ = {};
  outcome_ = absl::NotFoundError("gone");
  const operations::StepResult none = Step();
  EXPECT_TRUE(none.finished);
  EXPECT_EQ(none.matched, 4);
  EXPECT_EQ(none.processed, 0);
}

TEST_F(ResendTaskTest, CountsWhatItWouldDo) {
  for (uint64_t position = 1; position <= 150; ++position) Add(position, State::kDead);
  absl::StatusOr<DeliveryCount> told = absl::UnknownError("not answered");
  CountDeliveries(*DeliveriesOf(request_.parent(), request_.filter()), log_,
                  [&](absl::StatusOr<DeliveryCount> counted) { told = std::move(counted); });
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->count, 150);
  EXPECT_FALSE(told->more);
  ASSERT_EQ(told->sample.size(), 100u);
  EXPECT_EQ(told->sample[0], "tenants/acme/destinations/orders/deliveries/150");
  EXPECT_THAT(orders_, IsEmpty());
}

TEST_F(ResendTaskTest, RefusesWhatIsWrong) {
  const auto fails = [this](const std::string& field) {
    EXPECT_THAT(std::string(DeliveriesOf(request_.parent(), request_.filter()).status().message()),
                StartsWith(field + ": "));
  };
  request_.set_filter("nothing = 1");
  fails("filter");
  request_.set_filter("*");
  EXPECT_TRUE(DeliveriesOf(request_.parent(), request_.filter()).ok());
  request_.set_parent("tenants/-/destinations/-");
  fails("parent");
  request_.set_parent("orders");
  fails("parent");
}

}  // namespace
}  // namespace carillon::control
