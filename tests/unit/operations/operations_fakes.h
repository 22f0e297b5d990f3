#pragma once

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/delivery/resend_order.h"
#include "carillon/deliverylog/attempt_store.h"
#include "carillon/operations/operation_store.h"
#include "carillon/operations/task.h"
#include "carillon/routing/routing_table.h"
#include "carillon/store/event_log.h"

namespace carillon::operations {

/// A folder that goes with the test.
class TestFolder {
 public:
  TestFolder() {
    char folder[] = "/tmp/operations-XXXXXX";
    path_ = ::mkdtemp(folder);
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  std::string file() const { return path_ + "/operations.db"; }

 private:
  std::string path_;
};

/// A log of events in memory; position 1 first, null where there is none.
class FakeLog final : public store::EventLog {
 public:
  void Add(const std::string& tenant, const std::string& type, base::WallTime at) {
    const uint64_t position = events.size() + 1;
    auto event =
        model::Event::Create({.id = "e" + std::to_string(position),
                              .type = type,
                              .tenant = tenant,
                              .occurred_at = at,
                              .attributes = {{"place", position % 2 == 0 ? "even" : "odd"}},
                              .payload = "1"});
    event->Accept(position, at);
    events.push_back(std::move(event));
  }
  void AddConsumer(store::Consumer*) override {}
  void RemoveConsumer(store::Consumer*) override {}
  void Append(std::vector<std::shared_ptr<model::Event>>, store::AppendDone) override {}
  void Read(uint64_t from, size_t max_bytes,
            absl::AnyInvocable<void(store::EventBatchPtr)> done) override {
    ++reads;
    auto batch = std::make_shared<store::EventBatch>();
    batch->first = from;
    batch->last = events.size();
    size_t bytes = 0;
    for (uint64_t position = from; position <= events.size(); ++position) {
      const model::EventPtr& event = events[position - 1];
      if (event == nullptr) continue;
      if (bytes >= max_bytes && !batch->events.empty()) {
        batch->last = position - 1;
        break;
      }
      bytes += event->bytes();
      batch->events.push_back(event);
    }
    done(std::move(batch));
  }
  void Stop() override {}
  LogStats log_stats() const override { return {.last_position = events.size()}; }

  std::vector<model::EventPtr> events;
  int reads = 0;
};

/// The attempts of one destination: by position, the newest first.
class FakeAttempts final : public deliverylog::AttemptStore {
 public:
  void Add(uint32_t, const deliverylog::Entry&) override {}
  void Find(deliverylog::Query query,
            absl::AnyInvocable<void(absl::StatusOr<deliverylog::Page>)> done) override {
    deliverylog::Page page;
    auto number = static_cast<uint32_t>(states[query.position.value_or(0)].size());
    for (const deliverylog::State state : states[query.position.value_or(0)]) {
      if (page.records.size() == query.limit) break;
      page.records.push_back(
          {.figures = {.position = *query.position, .number = number--, .state = state}});
    }
    if (!status.ok()) return done(status);
    done(std::move(page));
  }
  void AddAll(std::span<const deliverylog::Entry> entries,
              absl::AnyInvocable<void(absl::Status)> done) override {
    for (const deliverylog::Entry& entry : entries) Add(0, entry);
    done(absl::OkStatus());
  }
  void Flush() override {}
  deliverylog::LogFigures figures() const override { return {}; }

  std::map<uint64_t, std::vector<deliverylog::State>> states;
  absl::Status status;
};

/// A destination that takes what it has room for.
struct FakeDestination {
  void Take(const delivery::ResendOrder& order,
            absl::AnyInvocable<void(absl::StatusOr<size_t>)> done) {
    orders.push_back(order);
    if (!status.ok()) return done(status);
    const size_t count = std::min(room, order.items.size());
    for (size_t i = 0; i < count; ++i) taken.push_back(order.items[i].position);
    done(count);
  }

  std::vector<delivery::ResendOrder> orders;
  std::vector<uint64_t> taken;
  size_t room = SIZE_MAX;
  absl::Status status;
};

}  // namespace carillon::operations
