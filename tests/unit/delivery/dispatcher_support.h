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
    in_force_.clear();
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
  /// Puts these in force and no others, each at its place, as the engine does.
  absl::Status SetTable(const std::vector<model::Destination>& destinations) {
    std::vector<routing::DestinationPtr> next = Place(destinations);
    std::vector<uint32_t> places;
    for (uint32_t place = 0; place < next.size(); ++place) {
      if (place >= in_force_.size() || next[place] != in_force_[place]) places.push_back(place);
    }
    auto table = std::make_shared<SimTable>(
        next,
        [this](const std::string& name, const model::Event& event) { return Wants(name, event); });
    table->subscribed = !tell_.empty();
    std::optional<absl::Status> result;
    dispatcher_->PrepareTable({table, places}, [&](absl::Status status) {
      if (status.ok()) dispatcher_->CommitTable();
      result = std::move(status);
    });
    while (!result && executor_.Step()) {
    }
    if (result && result->ok()) in_force_ = std::move(next);
    return result.value_or(absl::InternalError("never in force"));
  }
  /// By place: those that are in force keep theirs, others get those that were free before.
  std::vector<routing::DestinationPtr> Place(
      const std::vector<model::Destination>& destinations) const {
    std::vector<routing::DestinationPtr> next(in_force_.size());
    for (const model::Destination& destination : destinations) {
      size_t place = 0;
      while (place < in_force_.size() && !SameName(in_force_[place], destination)) ++place;
      if (place == in_force_.size()) {
        for (place = 0; place < next.size(); ++place) {
          const bool free = place >= in_force_.size() || in_force_[place] == nullptr;
          if (free && next[place] == nullptr) break;
        }
        if (place == next.size()) next.emplace_back();
      }
      const bool same = place < in_force_.size() && in_force_[place] != nullptr &&
                        *in_force_[place] == destination;
      next[place] =
          same ? in_force_[place] : std::make_shared<const model::Destination>(destination);
    }
    return next;
  }
  static bool SameName(const routing::DestinationPtr& there,
                       const model::Destination& destination) {
    return there != nullptr && there->name == destination.name &&
           there->tenant == destination.tenant;
  }
  void Publish(const std::string& id) {
    journal_->accepted_at = clock_.Wall();
    journal_->Append(
        {model::Event::Create(
            {.id = id, .type = "a", .tenant = "t", .ordering_key = key_, .payload = "1"})},
        {});
  }
  /// Does with destination `name` what its owner asks for, and waits until that is durable.
  void Do(const std::string& name, LaneCommand command) {
    uint32_t place = 0;
    while (place < in_force_.size() &&
           (in_force_[place] == nullptr || in_force_[place]->name != name)) {
      ++place;
    }
    const auto told = std::make_shared<std::optional<absl::Status>>();
    dispatcher_->Command({.place = place, .tenant = "t", .name = name, .command = command},
                         [told](absl::Status status) { *told = std::move(status); });
    while (!*told && executor_.Step()) {
    }
    ASSERT_TRUE(*told) << "it is never durable";
    EXPECT_TRUE((*told)->ok()) << **told;
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
  std::vector<routing::DestinationPtr> in_force_;  // by place
  std::string key_;                                // of what is published
  std::string tell_;  // the destination that wants operational events, and no others
  std::vector<std::string> ended_;
  std::unique_ptr<SimJournal> journal_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

}  // namespace carillon::delivery
