#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dispatcher_impl.h"
#include "sim_journal.h"
#include "sim_parts.h"

namespace carillon::delivery {

/// A shard over the simulated journal and courier, step by step.
class DispatcherTest : public testing::Test {
 protected:
  DispatcherTest() {
    store_.wants = [this](const std::string& name, uint64_t position) {
      return Wants(name, *store_.events[position - 1]);
    };
    courier_.on_end = [this](const SimCourier::Flight& flight, const http::Response&) {
      ended_.push_back(flight.host + " " + flight.event_id);
    };
    Create();
  }
  void Create() {
    options_.observer = &observer_;
    journal_ = std::make_unique<SimJournal>(store_, executor_, clock_, random_);
    dispatcher_ =
        Dispatcher::Create(options_, clock_, random_, journal_->stores(),
                           journal_->Take(options_.shard), courier_, Borrowed(executor_), metrics_);
    executor_.SetDispatcher(dispatcher_.get());
    journal_->AddConsumer(dispatcher_.get());
  }

  bool Wants(const std::string& name, const model::Event& event) const {
    return model::IsOperational(event.type()) ? name == tell_ : name != tell_ || tell_.empty();
  }
  static model::Destination Named(const std::string& name) {
    model::Destination destination;
    destination.tenant = "t";
    destination.name = name;
    destination.url = "http://" + name + "/";
    return destination;
  }
  absl::Status SetTable(std::vector<model::Destination> destinations) {
    std::optional<absl::Status> result;
    auto table = std::make_shared<SimTable>(
        std::move(destinations),
        [this](const std::string& name, const model::Event& event) { return Wants(name, event); });
    table->subscribed = !tell_.empty();
    dispatcher_->SetTable(table, [&result](absl::Status status) { result = std::move(status); });
    while (!result && executor_.Step()) {
    }
    return result.value_or(absl::InternalError("never in force"));
  }
  void Publish(const std::string& id) {
    journal_->accepted_at = clock_.Wall();
    journal_->Append(
        {model::Event::Create(
            {.id = id, .type = "a", .tenant = "t", .ordering_key = key_, .payload = "1"})},
        {});
  }
  void RunFor(std::chrono::nanoseconds time) {
    const base::MonoTime until = clock_.Mono() + time;
    bool there = false;
    executor_.At(until, [&there] { there = true; });
    while (!there && executor_.Step()) {
    }
  }

  base::SimulatedClock clock_;
  base::SeededRandom random_{7};
  SimExecutor executor_{clock_, random_};
  SimStore store_;
  SimObserver observer_;
  NullMetrics metrics_;
  DispatcherOptions options_;
  SimCourier::End end_;
  std::function<void()> on_start_;
  std::string throttled_;  // only this host answers so; empty: all do
  SimCourier courier_{executor_, clock_, [this](const SimCourier::Flight& flight) {
                        if (on_start_) on_start_();
                        return throttled_.empty() || flight.host == throttled_ ? end_
                                                                               : SimCourier::End{};
                      }};
  std::string key_;   // of what is published
  std::string tell_;  // the destination that wants operational events, and no others
  std::vector<std::string> ended_;
  std::unique_ptr<SimJournal> journal_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

}  // namespace carillon::delivery
