#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sim_life.h"
#include "sim_scene.h"

namespace carillon::delivery {

/// The process over all its lives: it begins, takes changes of its configuration, is drained, dies
/// in the middle of something, and is there again.
class SimProcess {
 public:
  /// Thrown out of what waits when it dies there.
  struct Died {};

  /// `step`: lets time go on; false: nothing comes any more. `scene` outlives it.
  SimProcess(SimScene& scene, std::function<bool()> step)
      : scene_(scene),
        step_(std::move(step)),
        life_(scene.store, scene.executor, scene.clock, scene.random, Hooks()) {}

  /// Until it runs: it may die again before it does.
  void Start() {
    while (true) {
      threads_ = static_cast<uint32_t>(1 + scene_.Below(3));
      in_force_.assign(threads_, {});
      started_ = false;
      life_.Begin(scene_.configuration.Make(threads_), threads_,
                  [this](SimJournal& journal) { scene_.Settle(journal); });
      scene_.NewLife();
      for (const auto& [id, lane] : scene_.store.lanes) {
        cut_short_ += lane.out && !lane.closed ? 1 : 0;
      }
      if (Apply().value_or(false) || testing::Test::HasFailure()) break;
      End();
    }
    started_ = true;
    life_.health().Begin();
  }
  /// The configuration may be another when it is back.
  void Crash() {
    End();
    if (scene_.Below(2) == 0) scene_.configuration.Choose();
    Start();
  }
  /// `in_vain`: nothing becomes durable.
  void DrainAndRestart(bool in_vain) {
    ++scene_.troubles.drains;
    draining_ = true;
    const std::chrono::milliseconds grace(scene_.Below(400));
    const base::MonoTime began = scene_.clock.Mono();
    const bool hurries = scene_.Below(4) == 0;
    life_.health().Stop();
    const bool drained = life_.engine().Drain(grace, [hurries] { return hurries; });
    EXPECT_LE((scene_.clock.Mono() - began).count(),
              std::chrono::nanoseconds(grace + std::chrono::seconds(6)).count());
    EXPECT_TRUE(drained || in_vain) << "draining did not end";
    scene_.troubles.drains_given_up += drained ? 0 : 1;
    if (drained) {
      for (const SimShard* thread : life_.threads().shards()) {
        EXPECT_TRUE(thread->courier().flights.empty());
      }
      scene_.checks.CheckDurable();
    }
    draining_ = false;
    Crash();
  }
  /// Takes another configuration, or dies of it and is another one. `may_fail`: says, before and
  /// after, whether something keeps it from being taken.
  void Reload(const std::function<bool()>& may_fail) {
    const SimConfiguration::State before = scene_.configuration.state();
    scene_.configuration.Choose();
    if (!scene_.peace && scene_.Below(6) == 0) {
      dies_at_ = scene_.clock.Mono() + std::chrono::microseconds(scene_.Below(30'000));
    }
    if (!scene_.peace && scene_.Below(4) == 0) life_.journal().refuse_opening = 1;
    const bool could_fail = life_.journal().refuse_opening > 0 || may_fail();
    const std::optional<bool> taken = Apply();
    if (!taken) {
      ++scene_.troubles.deaths_in_changes;
      return Crash();
    }
    life_.journal().refuse_opening = 0;
    dies_at_.reset();
    if (*taken) return;
    EXPECT_TRUE(could_fail || may_fail()) << "a change was not taken";
    ++scene_.troubles.refused_changes;
    scene_.configuration.GoBack(before);
  }
  /// Gives each destination's owner's command, and waits until all are durable.
  void CommandAll(LaneCommand command) {
    for (const model::Destination& each : scene_.configuration.destinations()) {
      const SimOwner::Told told = scene_.owner.Call(life_.engine(), each, command);
      EXPECT_TRUE(life_.Await([&] { return told->has_value(); })) << "a command is not answered";
      if (*told) EXPECT_TRUE((*told)->ok()) << **told;
    }
  }

  SimLife& life() { return life_; }
  bool draining() const { return draining_; }
  /// Lanes that were taken out, but not closed, when it died.
  size_t cut_short() const { return cut_short_; }
  std::vector<const SimCourier::Flight*> Flights() const {
    std::vector<const SimCourier::Flight*> flights;
    for (const SimShard* thread : life_.threads().shards()) {
      for (const auto& [token, other] : thread->courier().flights) flights.push_back(&other);
    }
    return flights;
  }

 private:
  SimLife::Hooks Hooks() {
    SimLife::Hooks hooks{.options = [this](DispatcherOptions& own) { SetOptions(own); },
                         .shard = {},
                         .step = [this] { return StepOrDie(); }};
    hooks.shard.receive = [this](const SimShard& shard, const SimCourier::Flight& flight) {
      scene_.outage.OnStart(shard.shard(), shard.courier().flights.size());
      return Receive(flight);
    };
    hooks.shard.on_end = [this](const SimShard&, const SimCourier::Flight& flight,
                                const http::Response& response) {
      scene_.checks.OnEnd(flight, response);
    };
    hooks.shard.on_commit = [this](const SimShard& thread, const routing::RoutingTable& table) {
      OnCommit(thread, table);
    };
    hooks.shard.on_command = [this](const LaneOrder& order) {
      if (order.command == LaneCommand::kEnable) scene_.checks.OnEnabled(order.name);
    };
    return hooks;
  }
  void SetOptions(DispatcherOptions& own) {
    const DispatcherOptions& from = scene_.options;
    own.observer = from.observer;
    own.read_bytes = from.read_bytes;
    own.max_unsettled_rows = from.max_unsettled_rows;
    own.max_tracked = from.max_tracked;
    own.max_hold = from.max_hold;
    own.first_token_use = from.first_token_use;
    own.on_unsettled = [this, shard = own.shard,
                        then = std::move(own.on_unsettled)](const absl::Status& why) {
      scene_.outage.OnUnsettled(shard);
      if (then) then(why);
    };
  }

  void End() {
    life_.End();
    dies_at_.reset();
  }
  /// Whether it was taken; nothing: it died in the middle of it.
  std::optional<bool> Apply() {
    const resource::SnapshotPtr next = scene_.configuration.TakeSnapshot(threads_);
    scene_.checks.SetChanging(true);
    try {
      const std::optional<absl::Status> told = life_.Apply(next);
      EXPECT_TRUE(told) << "a thread does not answer";
      if (!told) throw Died();
      if (told->ok()) scene_.configuration.SetTaken(next);
      scene_.checks.SetChanging(false);
      return told->ok();
    } catch (const Died&) {
      return std::nullopt;
    }
  }
  /// A thread has its part of the change in force: what the change takes out comes back anew,
  /// whenever the process dies from now on.
  void OnCommit(const SimShard& thread, const routing::RoutingTable& table) {
    std::vector<model::Destination>& mine = in_force_[thread.shard()];
    mine.clear();
    for (uint32_t place = 0; place < table.places(); ++place) {
      if (table.at(place) != nullptr) mine.push_back(*table.at(place));
    }
    std::vector<model::Destination> all;
    for (const auto& part : in_force_) all.insert(all.end(), part.begin(), part.end());
    for (const auto& [id, lane] : scene_.store.lanes) {
      if (scene_.configuration.Has(lane.name.name)) continue;
      EXPECT_TRUE(life_.journal().Marked(id)) << lane.name.name;
    }
    scene_.checks.SetDestinations(all);
  }

  /// While the engine waits: publishers do not.
  bool StepOrDie() {
    if (dies_at_ && scene_.clock.Mono() >= *dies_at_) throw Died();
    if (life_.applying() && started_ && !scene_.peace && scene_.Below(40) == 0) {
      scene_.publisher.Publish(life_.journal(), scene_.clock.Wall());
    }
    if (step_()) return true;
    if (testing::Test::HasFailure()) throw Died();
    return false;
  }
  SimCourier::End Receive(const SimCourier::Flight& flight) {
    const std::vector<const SimCourier::Flight*> flights = Flights();
    scene_.checks.OnStart(flight, flights);
    scene_.liveness.OnStart(scene_.checks.LaneOf(flight));
    scene_.bounds.OnStart(flight, flights);
    if (scene_.peace) return {.after = std::chrono::microseconds(100)};
    return scene_.receivers.Answer(flight);
  }

  SimScene& scene_;
  const std::function<bool()> step_;
  std::vector<std::vector<model::Destination>> in_force_;  // of each thread
  uint32_t threads_ = 1;
  std::optional<base::MonoTime> dies_at_;  // in the middle of a change
  bool started_ = false;                   // it has a configuration in force
  bool draining_ = false;
  size_t cut_short_ = 0;
  SimLife life_;
};

}  // namespace carillon::delivery
