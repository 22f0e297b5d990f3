#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "sim_bounds.h"
#include "sim_checks.h"
#include "sim_configuration.h"
#include "sim_executor.h"
#include "sim_journal.h"
#include "sim_liveness.h"
#include "sim_outage.h"
#include "sim_owner.h"
#include "sim_parts.h"
#include "sim_publisher.h"
#include "sim_receivers.h"
#include "sim_troubles.h"

namespace carillon::delivery {

/// All that outlives the process: time, the disk, who publishes, receives and owns, and what is
/// checked. Small bounds, so that lanes fall behind and memory runs out all the time.
struct SimScene {
  explicit SimScene(uint64_t seed) : random(seed), executor(clock, random) {
    options.observer = &observer;
    options.max_lane_bytes = 1500 + Below(6000);
    options.max_memory_bytes = 4000 + Below(40'000);
    options.read_bytes = 500 + Below(4000);
    options.max_unsettled_rows = 20 + Below(200);
    outage.SetBound(options.max_unsettled_rows);
    options.max_tracked = 8 + Below(60);
    options.max_hold = std::chrono::milliseconds(20 + Below(5000));
    options.first_token_use = AttemptToken::kUses - static_cast<uint32_t>(Below(20)) - 1;
    for (size_t i = 0; i < configuration.lanes(); ++i) receivers.Change(i);
    ChooseJournal();
    store.wants = [this](const std::string& name, uint64_t position) {
      return SimConfiguration::Wants(name, *store.events[position - 1]);
    };
    store.told = [this](const std::string& name, uint64_t position) {
      return observer.evicted.contains({name, position});
    };
  }

  uint64_t Below(uint64_t n) { return random.Next() % n; }

  /// Makes a journal what it is in each life.
  void Settle(SimJournal& journal) const {
    journal.window = window;
    journal.skips = skips;
    if (slow_disk) journal.write_delay = std::chrono::milliseconds(30);
  }
  void NewLife() {
    checks.NewLife();
    owner.NewLife();
    liveness.NewLife();
    outage.NewLife();
    publisher.NewLife();
  }

  base::SeededRandom random;
  base::SimulatedClock clock;
  SimExecutor executor;
  SimStore store;
  SimObserver observer;
  DispatcherOptions options;
  SimConfiguration configuration{random, options};
  SimOutage outage{clock};
  SimOwner owner{random};
  SimReceivers receivers{random};
  SimPublisher publisher{store, random};
  SimChecks checks{store, owner, clock};
  SimLiveness liveness{clock};
  SimBounds bounds{options, configuration, liveness};
  SimTroubles troubles;
  uint64_t window = UINT64_MAX / 2;
  uint64_t skips = 0;  ///< positions have gaps
  bool slow_disk = false;
  bool steady = false;  ///< nobody sets the clock
  bool peace = false;   ///< nothing goes wrong any more

 private:
  void ChooseJournal() {
    steady = Below(2) == 0;
    slow_disk = Below(3) == 0;
    if (Below(3) == 0) skips = 1 + Below(6);
    if (Below(2) == 0) return;
    // A small journal, and little is kept.
    window = Below(60);
    store.kept_events = Below(3) == 0 ? 1000 : 1 + Below(40);
    if (Below(3) == 0) store.kept_of_tenant = 1 + Below(40);
    if (Below(3) == 0) store.kept_age = std::chrono::seconds(1 + Below(300));
  }
};

}  // namespace carillon::delivery
