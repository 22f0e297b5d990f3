#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "carillon/base/random.h"
#include "carillon/config/file_source.h"
#include "carillon/delivery/dispatcher.h"
#include "sim_destinations.h"
#include "sim_publisher.h"

namespace carillon::delivery {

/// What the engine is given: destinations of which any may be missing and any may be another each
/// time, and which events they get. Everything else is the same in all lives, but for the number of
/// threads.
class SimConfiguration {
 public:
  /// What it goes back to when a change is not taken.
  struct State {
    std::vector<model::Destination> destinations;  ///< those that are in it
    std::vector<model::Destination> all;           ///< those that may be
  };
  /// Attempts in flight at once: of all, of a tenant.
  struct Caps {
    uint32_t all = 100;
    uint32_t tenant = 100;
  };

  SimConfiguration(base::Random& random, const DispatcherOptions& options)
      : random_(random), options_(options), makers_(random) {
    for (size_t i = 2 + Below(6); i > 0; --i) state_.all.push_back(makers_.Make(state_.all.size()));
    if (Below(4) == 0) {
      caps_ = {2 + static_cast<uint32_t>(Below(6)), 1 + static_cast<uint32_t>(Below(3))};
    }
    Choose();
  }

  /// What routing has to find: `d<i>` wants every (i % 3 + 1)th type of its tenant; d0 is told of
  /// what became of the others there, too. It never changes.
  static bool Wants(const std::string& name, const model::Event& event) {
    const int i = std::stoi(name.substr(1));
    if (event.tenant() != SimPublisher::TenantOf(i)) return false;
    if (model::IsOperational(event.type())) return i == 0;
    return (event.type().back() - '0') % (i % 3 + 1) == 0;
  }

  /// Of those that may be in it, each as it is now.
  void Choose() {
    state_.destinations.clear();
    for (size_t i = 0; i < state_.all.size(); ++i) {
      makers_.Change(state_.all[i], i);
      if (!peace_ && Below(6) == 0) continue;
      state_.destinations.push_back(state_.all[i]);
      if (peace_) Pacify(state_.destinations.back());
    }
  }
  /// All are in it from now on, and nothing disables or holds any.
  void MakePeace() { peace_ = true; }

  /// A snapshot of it, for so many threads: another than that which was taken last.
  resource::SnapshotPtr TakeSnapshot(uint32_t threads) {
    config::Config config = Make(threads);
    return config::TakeSnapshot(++revision_, config, taken_.get());
  }
  void SetTaken(resource::SnapshotPtr taken) { taken_ = std::move(taken); }

  config::Config Make(uint32_t threads) const {
    config::Config config;
    config.delivery.set_threads(threads);
    config.delivery.set_max_memory_bytes(options_.max_memory_bytes);
    config.delivery.set_max_lane_bytes(options_.max_lane_bytes);
    config.limits.set_max_in_flight(caps_.all);
    config.limits.mutable_tenant_defaults()->set_max_in_flight(caps_.tenant);
    config.destinations = state_.destinations;
    for (int n = 0; n < kTypes; ++n) config.types.push_back("n.t" + std::to_string(n));
    for (const model::Destination& d : state_.destinations) {
      config.subscriptions.push_back(Subscription(d));
    }
    return config;
  }

  /// How many there may be.
  size_t lanes() const { return state_.all.size(); }
  Caps caps() const { return caps_; }
  const std::vector<model::Destination>& destinations() const { return state_.destinations; }
  bool Has(const std::string& name) const {
    return std::ranges::any_of(state_.destinations, [&](const auto& d) { return d.name == name; });
  }
  State state() const { return state_; }
  void GoBack(State state) { state_ = std::move(state); }

 private:
  static constexpr int kTypes = SimPublisher::kTypes;

  uint64_t Below(uint64_t n) { return random_.Next() % n; }

  static void Pacify(model::Destination& d) {
    d.enabled = true;
    d.disabling = {.on_gone = false, .failing_for = {}};  // an answer may still be on its way
    d.order.after_dead = model::AfterDead::kContinue;
  }

  static model::Subscription Subscription(const model::Destination& d) {
    const int i = std::stoi(d.name.substr(1));
    model::Subscription s{
        .tenant = d.tenant, .name = d.name, .types = {}, .destinations = {d.name}, .filter = {}};
    for (int n = 0; n < kTypes; n += i % 3 + 1) s.types.push_back("n.t" + std::to_string(n));
    if (i % 3 == 0) s.types = {i % 2 == 0 ? "n.*" : "*"};
    if (i == 0) s.types.insert(s.types.end(), {"destination.*", "delivery.dead"});
    return s;
  }

  base::Random& random_;
  const DispatcherOptions& options_;
  SimDestinations makers_;
  State state_;
  Caps caps_;
  uint64_t revision_ = 0;        // of the snapshot that was offered last
  resource::SnapshotPtr taken_;  // the last that was
  bool peace_ = false;
};

}  // namespace carillon::delivery
