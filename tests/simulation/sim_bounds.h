#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sim_configuration.h"
#include "sim_liveness.h"
#include "sim_threads.h"

namespace carillon::delivery {

/// The bounds of memory, of backlogs in memory and of attempts in flight, looked at all the time.
class SimBounds {
 public:
  SimBounds(const DispatcherOptions& options, const SimConfiguration& configuration,
            SimLiveness& liveness)
      : options_(options), configuration_(configuration), liveness_(liveness) {}

  /// After each step. `waits`: nothing need go on.
  void Check(const SimThreads& threads, bool waits) {
    if (waits) liveness_.Drain();
    for (SimShard* thread : threads.shards()) {
      CheckOf(thread->dispatcher());
      if (waits) continue;
      const size_t most = options_.max_memory_bytes / 4 * 3;
      liveness_.OnStep(thread->dispatcher(), thread->dispatcher().held_bytes() < most);
    }
  }
  /// `flight` starts beside the others.
  void OnStart(const SimCourier::Flight& flight,
               const std::vector<const SimCourier::Flight*>& flights) const {
    EXPECT_LT(flights.size(), configuration_.caps().all) << "over the cap in all";
    const auto of_tenant = std::ranges::count_if(flights, [&](const SimCourier::Flight* other) {
      return (other->host[1] - flight.host[1]) % 2 == 0;
    });
    EXPECT_LT(of_tenant, configuration_.caps().tenant) << "over the tenant's cap";
  }
  /// Steps with a lane that was behind, for each such lane.
  size_t fell_behind() const { return fell_behind_; }

  /// Where the lanes of the threads stand, for a message.
  static std::string Lanes(const SimThreads& threads) {
    std::string text;
    for (SimShard* thread : threads.shards()) {
      thread->dispatcher().ForEachLane([&](Lane& lane) {
        const LaneWants wants = lane.Wants();
        text += "\n  thread " + std::to_string(thread->shard()) + " lane " +
                std::to_string(lane.id()) + " " + lane.destination().name + " mode " +
                std::to_string(static_cast<int>(lane.mode())) + (lane.closing() ? " closing" : "") +
                (wants.send ? " sends" : "") + (wants.due_at ? " asks" : "") + " in flight " +
                std::to_string(lane.in_flight()) + " parked " +
                std::to_string(lane.retries().parked()) + " taken " +
                std::to_string(lane.retries().size());
      });
    }
    return text;
  }

 private:
  void CheckOf(DispatcherImpl& dispatcher) {
    dispatcher.ForEachLane([this](Lane& lane) {
      EXPECT_LT(lane.fresh_bytes(), options_.max_lane_bytes + 4000 + 64 * 3500);
      if (lane.cursor()) ++fell_behind_;
    });
    // Over the bound there can be: what is in flight, its bodies, one event, retries just taken.
    EXPECT_LT(dispatcher.held_bytes(), options_.max_memory_bytes + 7 * 8 * 7000 + 700'000);
  }

  const DispatcherOptions& options_;
  const SimConfiguration& configuration_;
  SimLiveness& liveness_;
  size_t fell_behind_ = 0;
};

}  // namespace carillon::delivery
