// What PurgeDeliveries gives up where deliveries wait, and what it marks in the delivery log.
#include "purge_task.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <optional>

#include "carillon/aip/error.h"
#include "control_fixtures.h"
#include "purge_selection.h"

namespace carillon::control {
namespace {

using delivery::PurgeOrder;
using delivery::PurgeResult;
using delivery::WaitingDelivery;
using deliverylog::Record;
using deliverylog::State;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// Attempts and marks, the newest first; one that has something newer is not a last one.
class MarkedAttempts final : public deliverylog::AttemptStore {
 public:
  void Add(uint32_t, const deliverylog::Entry& entry) override {
    Record record{.sequence = records.size() + 1,
                  .figures = entry.figures,
                  .tenant = std::string(entry.tenant),
                  .destination = std::string(entry.destination),
                  .event_type = std::string(entry.event_type),
                  .event_id = std::string(entry.event_id)};
    records.insert(records.begin(), record);
  }
  void AddAll(std::span<const deliverylog::Entry> entries,
              absl::AnyInvocable<void(absl::Status)> done) override {
    if (on_barrier && entries.empty()) on_barrier();
    if (!failure.ok()) return done(failure);
    for (const deliverylog::Entry& entry : entries) Add(0, entry);
    done(absl::OkStatus());
  }
  void Find(deliverylog::Query query,
            absl::AnyInvocable<void(absl::StatusOr<deliverylog::Page>)> done) override {
    deliverylog::Page page;
    for (const Record& record : records) {
      if (record.sequence >= query.before) continue;
      if (!query.marks && record.figures.state == State::kPurged) continue;
      if (query.destination && record.destination != *query.destination) continue;
      if (query.position && record.figures.position != *query.position) continue;
      if (query.matches && !query.matches(record)) continue;
      if (query.last_only && !IsLast(record)) continue;
      page.records.push_back(record);
      if (page.records.size() == query.limit) {
        page.next = record.sequence;
        break;
      }
    }
    done(std::move(page));
  }
  void Flush() override {}
  deliverylog::LogFigures figures() const override { return {}; }

  bool IsLast(const Record& record) const {
    return std::ranges::none_of(records, [&](const Record& other) {
      return other.sequence > record.sequence && other.destination == record.destination &&
             other.figures.position == record.figures.position;
    });
  }
  std::vector<std::string> Marked() const {
    std::vector<std::string> marked;
    for (const Record& record : records) {
      if (record.figures.state != State::kPurged) continue;
      marked.push_back(record.destination + " " + std::to_string(record.figures.position));
    }
    return marked;
  }

  std::vector<Record> records;
  absl::Status failure;
  std::function<void()> on_barrier;
};

class NoEvents final : public store::EventLog {
 public:
  void AddConsumer(store::Consumer*) override {}
  void RemoveConsumer(store::Consumer*) override {}
  void Append(std::vector<std::shared_ptr<model::Event>>, store::AppendDone) override {}
  void Read(uint64_t, size_t, absl::AnyInvocable<void(store::EventBatchPtr)>) override {}
  void Stop() override {}
  LogStats log_stats() const override { return {.last_position = 100}; }
};

class PurgeTaskTest : public testing::Test {
 protected:
  PurgeTaskTest() {
    request_.set_parent("tenants/acme/destinations/-");
    request_.set_filter("*");
    stored_.end = 101;
  }
  void AddRecord(uint64_t position, State state, const std::string& destination = "orders",
                 uint32_t number = 2) {
    deliverylog::Entry entry{.tenant = "acme", .destination = destination, .event_type = "a"};
    entry.figures.position = position;
    entry.figures.state = state;
    entry.figures.number = number;
    entry.figures.next = base::WallTime(std::chrono::seconds(position));
    log_.Add(0, entry);
  }
  /// A destination at which these wait: a walk shows each to the order and gives up what it means,
  /// two in a step.
  absl::StatusOr<PurgeResult> Walk(const PurgeOrder& order) {
    PurgeResult result;
    auto& waiting = waiting_[order.name];
    for (auto it = waiting.lower_bound(order.from.position); it != waiting.end();) {
      if (result.purged == 2) {
        result.next = delivery::PurgePlace{.position = it->first, .row = {}};
        return result;
      }
      ++result.looked_at;
      auto event = model::Event::Create({.id = "e", .type = "a", .tenant = "acme", .payload = "1"});
      event->Accept(it->first, {});
      const bool meant =
          it->first < order.end && order.wants({.state = it->second, .event = *event, .next = {}});
      if (meant) {
        ++result.purged;
        result.sample.push_back(it->first);
      }
      it = meant && !order.only_count ? waiting.erase(it) : std::next(it);
    }
    return result;
  }
  absl::StatusOr<PurgeResult> Named(const PurgeOrder& order) {
    PurgeResult result;
    for (const PurgeOrder::Item& item : order.items) {
      named_.push_back(order.name + " " + std::to_string(item.position) + (item.due ? " due" : ""));
      const auto found = rows_.find(item.position);
      result.items.push_back(found == rows_.end() || !item.due ? PurgeResult::Item::kGone
                                                               : found->second);
    }
    return result;
  }
  operations::DeliveryTools Tools(bool log = true) {
    return {.events = events_,
            .resend = {},
            .routes = {},
            .log = log ? &log_ : nullptr,
            .purge =
                [this](const PurgeOrder& order, auto done) {
                  if (!outcome_.ok()) return done(outcome_);
                  done(order.items.empty() ? Walk(order) : Named(order));
                },
            .destinations =
                [this](const std::string& tenant) {
                  EXPECT_EQ(tenant, "acme");
                  return configured_;
                }};
  }
  std::unique_ptr<operations::Task> Make(bool log = true) {
    stored_.request = request_.SerializeAsString();
    auto task = MakePurgeTask(stored_, Tools(log), clock_);
    EXPECT_TRUE(task.ok()) << task.status();
    return *std::move(task);
  }
  /// To its end; `again`: with a restart before each step. Returns how many were purged.
  int64_t RunAll(bool again = false, bool log = true) {
    int64_t processed = 0;
    double progress = 0;
    auto task = Make(log);
    for (int i = 0; i < 100; ++i) {
      if (again) task = Make(log);
      std::optional<operations::StepResult> step;
      task->Step(500, [&](operations::StepResult result) { step = std::move(result); });
      EXPECT_TRUE(step->status.ok()) << step->status;
      if (!step->status.ok()) return processed;
      stored_.cursor = step->cursor;
      EXPECT_EQ(step->end, stored_.end);
      processed += step->processed;
      if (!again) EXPECT_GE(step->progress, progress);
      progress = step->progress;
      if (step->finished) return processed;
    }
    ADD_FAILURE() << "it did not end";
    return processed;
  }

  base::SimulatedClock clock_;
  MarkedAttempts log_;
  NoEvents events_;
  std::map<std::string, std::map<uint64_t, WaitingDelivery::State>> waiting_;
  std::map<uint64_t, PurgeResult::Item> rows_;
  std::vector<std::string> named_;
  absl::Status outcome_;
  std::vector<std::string> configured_{"orders", "other"};
  v1::PurgeDeliveriesRequest request_;
  operations::StoredOperation stored_;
};

TEST_F(PurgeTaskTest, WhatWaitsIsGivenUpAtEachDestination) {
  for (uint64_t position = 1; position <= 5; ++position) {
    waiting_["orders"][position] = WaitingDelivery::State::kQueued;
    waiting_["other"][position] = WaitingDelivery::State::kHeld;
  }
  waiting_["other"][200] = WaitingDelivery::State::kQueued;  // accepted later
  EXPECT_EQ(RunAll(), 10);
  EXPECT_THAT(waiting_["orders"], IsEmpty());
  EXPECT_EQ(waiting_["other"].size(), 1u);
}

TEST_F(PurgeTaskTest, AfterAnyRestartNothingIsLeft) {
  for (uint64_t position = 1; position <= 2; ++position) {
    waiting_["orders"][position] = WaitingDelivery::State::kQueued;
  }
  request_.set_parent("tenants/acme/destinations/orders");
  auto task = Make();
  task->Step(500, [](const operations::StepResult&) {});
  for (uint64_t position = 3; position <= 4; ++position) AddRecord(position, State::kDead);
  EXPECT_EQ(RunAll(), 2);
  EXPECT_THAT(waiting_["orders"], IsEmpty());
  EXPECT_THAT(log_.Marked(), UnorderedElementsAre("orders 3", "orders 4"));
}

TEST_F(PurgeTaskTest, TheFilterHoldsForWhatWaits) {
  waiting_["orders"] = {{1, WaitingDelivery::State::kQueued},
                        {2, WaitingDelivery::State::kScheduled},
                        {3, WaitingDelivery::State::kHeld}};
  request_.set_filter("state = HELD OR state = QUEUED");
  EXPECT_EQ(RunAll(), 2);
  EXPECT_EQ(waiting_["orders"].size(), 1u);
  request_.set_filter("event_type = \"b\"");
  stored_.cursor = 0;
  EXPECT_EQ(RunAll(), 0);
}

TEST_F(PurgeTaskTest, ADeadOneIsForgotten) {
  AddRecord(1, State::kDead);
  AddRecord(2, State::kDelivered);
  AddRecord(3, State::kDead, "other");
  AddRecord(4, State::kDead);
  AddRecord(4, State::kDelivered);  // sent again since
  EXPECT_EQ(RunAll(), 2);
  EXPECT_THAT(log_.Marked(), UnorderedElementsAre("orders 1", "other 3"));
  EXPECT_EQ(log_.records.front().figures.number, 2u) << "what is made again is numbered behind it";
  stored_.cursor = 0;
  EXPECT_EQ(RunAll(), 0) << "once is enough";
}

TEST_F(PurgeTaskTest, WhatDoesNotWaitAnyMoreIsNotShownAsScheduled) {
  AddRecord(1, State::kScheduled);
  AddRecord(2, State::kScheduled);
  AddRecord(3, State::kScheduled);
  AddRecord(4, State::kQueued, "orders", 1);
  AddRecord(5, State::kQueued, "orders", 2);  // waits for a retry
  rows_ = {{2, PurgeResult::Item::kLeft}, {3, PurgeResult::Item::kPurged}};
  EXPECT_EQ(RunAll(), 1) << "what was given up before was counted then";
  EXPECT_THAT(log_.Marked(), UnorderedElementsAre("orders 1", "orders 3", "orders 4"));
}

TEST_F(PurgeTaskTest, OneThatWasTriedMeanwhileIsShown) {
  AddRecord(1, State::kScheduled);
  log_.on_barrier = [this] { AddRecord(1, State::kDelivered); };
  EXPECT_EQ(RunAll(), 0);
  EXPECT_THAT(log_.Marked(), IsEmpty());
}

TEST_F(PurgeTaskTest, AFilterOfAttemptsLooksAtTheLogAlone) {
  waiting_["orders"][1] = WaitingDelivery::State::kQueued;
  AddRecord(2, State::kScheduled);
  AddRecord(3, State::kQueued, "orders", 1);
  rows_ = {{2, PurgeResult::Item::kPurged}};
  request_.set_filter("response_status = 0");
  EXPECT_EQ(RunAll(true), 1);
  EXPECT_EQ(waiting_["orders"].size(), 1u);
  EXPECT_THAT(log_.Marked(), ElementsAre("orders 2"));
  EXPECT_THAT(named_, ElementsAre("orders 3", "orders 2 due"));
}

TEST_F(PurgeTaskTest, WithoutALogWhatWaitsIsGivenUp) {
  waiting_["orders"][1] = WaitingDelivery::State::kQueued;
  EXPECT_EQ(RunAll(false, false), 1);
}

TEST_F(PurgeTaskTest, WhatCannotBeDoneNowComesAgain) {
  AddRecord(1, State::kDead);
  for (const bool walks : {true, false}) {
    stored_.cursor = walks ? 0 : UINT64_MAX;
    outcome_ = absl::UnavailableError("not now");
    std::optional<operations::StepResult> step;
    Make()->Step(500, [&](operations::StepResult result) { step = std::move(result); });
    EXPECT_TRUE(absl::IsUnavailable(step->status)) << step->status;
    EXPECT_EQ(step->cursor, stored_.cursor);
  }
  outcome_ = absl::OkStatus();
  log_.failure = absl::UnavailableError("no room");
  std::optional<operations::StepResult> step;
  Make()->Step(500, [&](operations::StepResult result) { step = std::move(result); });
  EXPECT_TRUE(absl::IsUnavailable(step->status));
  EXPECT_EQ(step->processed, 0);
  log_.failure = absl::OkStatus();
  EXPECT_EQ(RunAll(), 1);
}

TEST_F(PurgeTaskTest, ADestinationThatIsGoneHasOnlyItsLog) {
  AddRecord(1, State::kDead);
  outcome_ = absl::NotFoundError("gone");
  configured_.clear();
  request_.set_parent("tenants/acme/destinations/orders");
  EXPECT_EQ(RunAll(), 1);
}

// As at the start, before the configuration is in force.
TEST_F(PurgeTaskTest, OneThatIsNotInForceYetIsWaitedFor) {
  AddRecord(1, State::kScheduled);
  for (const bool walks : {true, false}) {
    stored_.cursor = walks ? 0 : UINT64_MAX;
    outcome_ = absl::NotFoundError("the destination is not in force");
    std::optional<operations::StepResult> step;
    Make()->Step(500, [&](operations::StepResult result) { step = std::move(result); });
    EXPECT_TRUE(absl::IsUnavailable(step->status)) << step->status;
    EXPECT_EQ(step->cursor, stored_.cursor);
  }
  EXPECT_THAT(log_.Marked(), IsEmpty());
}

TEST_F(PurgeTaskTest, ADryRunCountsBoth) {
  waiting_["orders"] = {{1, WaitingDelivery::State::kQueued},
                        {2, WaitingDelivery::State::kScheduled},
                        {3, WaitingDelivery::State::kQueued}};
  AddRecord(2, State::kScheduled);
  AddRecord(4, State::kDead, "other");
  const auto count = [this] {
    std::optional<absl::StatusOr<DeliveryCount>> counted;
    CountPurge(*SelectionOf(request_), 101, Tools(),
               [&](absl::StatusOr<DeliveryCount> told) { counted = std::move(told); });
    return **std::move(counted);
  };
  const DeliveryCount all = count();
  EXPECT_EQ(all.count, 4);
  EXPECT_FALSE(all.more);
  EXPECT_THAT(all.sample, ElementsAre("tenants/acme/destinations/orders/deliveries/1",
                                      "tenants/acme/destinations/orders/deliveries/2",
                                      "tenants/acme/destinations/orders/deliveries/3",
                                      "tenants/acme/destinations/other/deliveries/4"));
  EXPECT_EQ(waiting_["orders"].size(), 3u);
  request_.set_filter("response_status = 0");
  EXPECT_EQ(count().count, 2) << "one that is scheduled, one that is dead";
}

TEST_F(PurgeTaskTest, ARequestThatMakesNoSenseIsRefused) {
  request_.set_parent("tenants/-/destinations/-");
  EXPECT_EQ(aip::ReasonOf(SelectionOf(request_).status()), v1::FIELD_INVALID);
  request_.set_parent("tenants/acme/destinations/-");
  request_.set_filter("colour = 1");
  EXPECT_EQ(aip::ReasonOf(SelectionOf(request_).status()), v1::FILTER_INVALID);
  stored_.request = "\xff";
  EXPECT_TRUE(absl::IsInvalidArgument(MakePurgeTask(stored_, Tools(), clock_).status()));
}

}  // namespace
}  // namespace carillon::control
