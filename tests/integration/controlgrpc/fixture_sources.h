#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carillon/model/built_in.h"
#include "carillon/model/event.h"
#include "carillon/resource/source.h"
#include "carillon/store/event_log.h"

namespace carillon::controlgrpc {

/// A configuration file that has nothing but the event types that are built in.
class NoFile final : public resource::Source {
 public:
  NoFile() {
    std::vector<std::string> types = model::BuiltInTypes();
    std::ranges::sort(types);
    snapshot_ = resource::MakeSnapshot(1, {}, types, {}, {}, nullptr);
  }
  std::string_view name() const override { return "the configuration file"; }
  resource::SnapshotPtr current() const override { return snapshot_; }
  void Subscribe(Take) override {}

 private:
  resource::SnapshotPtr snapshot_;
};

/// A journal with one event, at position 7.
class OneEvent final : public store::EventLog {
 public:
  OneEvent() {
    auto event =
        model::Event::Create({.id = "e7", .type = "a.b", .tenant = "acme", .payload = "1"});
    event->Accept(7, base::WallTime(std::chrono::seconds(1'700'000'000)));
    event_ = std::move(event);
  }
  void AddConsumer(store::Consumer*) override {}
  void RemoveConsumer(store::Consumer*) override {}
  void Append(std::vector<std::shared_ptr<model::Event>>, store::AppendDone) override {}
  void Read(uint64_t from, size_t, absl::AnyInvocable<void(store::EventBatchPtr)> done) override {
    auto batch = std::make_shared<store::EventBatch>(store::EventBatch{{}, from, 7});
    if (from <= 7) batch->events.push_back(event_);
    done(std::move(batch));
  }
  void Stop() override {}
  LogStats log_stats() const override { return {.last_position = 7}; }

 private:
  model::EventPtr event_;
};

}  // namespace carillon::controlgrpc
