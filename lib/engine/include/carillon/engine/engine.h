#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/base/descriptor_budget.h"
#include "carillon/base/loop_watch.h"
#include "carillon/log/log.h"
#include "carillon/metrics/metrics.h"
#include "carillon/model/pending.h"
#include "carillon/resource/config.h"
#include "carillon/resource/snapshot.h"
#include "carillon/store/stores.h"

namespace carillon::tracing {
class Tracer;
}

namespace carillon::engine {

/// All delivery threads together. A destination stays on the thread it was first given, the one
/// that then had the fewest. Used on one thread at a time.
class Engine {
 public:
  /// Makes the threads and adds them to the journal as consumers, before it starts. `connections`
  /// bounds those to destinations; where it has fewer places than attempts may be in flight, their
  /// bounds are lowered, each tenant's in proportion. `tracer` outlives it and may be null.
  static absl::StatusOr<std::unique_ptr<Engine>> Create(
      const resource::Config& config, const base::Clock& clock, base::DescriptorBudget& connections,
      store::Stores stores, metrics::Metrics& metrics, log::Logger& logger,
      tracing::Tracer* tracer = nullptr);
  virtual ~Engine() = default;

  /// Puts the snapshot's destinations, subscriptions, guard and limits in force on every thread,
  /// or, when one of them cannot take its part (the disk is full), on none; waits for them. Only
  /// what differs from the snapshot in force is looked at, and a thread of which nothing does is
  /// not asked. The first call starts delivering. Before anything is in force, the journal marks
  /// what is taken out: should it come back, also after a crash at any moment, it starts anew. What
  /// the first call finds left of destinations that are not configured, or that a process was
  /// taking out when it ended, is counted and logged.
  virtual absl::Status Apply(const resource::SnapshotPtr& snapshot) = 0;

  /// Makes the gauges of all lanes true; waits for the threads, but not longer than `patience`: of
  /// one that is busy for so long they stay as they were. Any thread, one at a time.
  virtual void RefreshGauges(std::chrono::nanoseconds patience) = 0;

  /// What every destination has left. Any thread; `done` on a delivery thread, or never when the
  /// journal stops. Ask for one at a time.
  virtual void ListPending(absl::AnyInvocable<void(model::PendingReport)> done) = 0;

  /// What died with destinations that `Apply` took out.
  struct GivenUp {
    uint64_t deliveries = 0;
    bool counting = false;  ///< more may come: it took longer than `patience`
  };
  /// Since it was asked last. On the thread of `Apply`; waits for what is counted, but not longer
  /// than `patience`.
  virtual GivenUp AwaitRemovals(std::chrono::nanoseconds patience) = 0;

  /// Attempts that may be in flight at once. Any thread.
  virtual uint32_t in_flight_limit() const = 0;

  /// Adds the delivery threads' event loops; the engine outlives the watch's last question.
  virtual void AddLoops(base::LoopWatch& watch) = 0;

  /// Starts nothing new; waits until what is in flight ended (at most `grace`, or until `hurry`
  /// says true) and its outcomes are durable. Returns false when it gave up waiting for the disk.
  virtual bool Drain(std::chrono::nanoseconds grace, const std::function<bool()>& hurry) = 0;
};

}  // namespace carillon::engine
