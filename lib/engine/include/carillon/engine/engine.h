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
/// that then had the fewest. Thread-safe where it says so; what takes several steps goes on the
/// engine's own thread, one after another.
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
  /// or, when one of them cannot take its part (the disk is full), on none. Only what differs from
  /// the snapshot in force is looked at, and a thread of which nothing does is not asked. The first
  /// call starts delivering. Before anything is in force, the journal marks what is taken out:
  /// should it come back, also after a crash at any moment, it starts anew. What the first call
  /// finds left of destinations that are not configured, or that a process was taking out when it
  /// ended, is counted and logged.
  ///
  /// Any thread; does not block. `done`, once, on the engine's thread: it is in force, or why it is
  /// not. UNAVAILABLE: the engine was drained, or ended, before that; then on the thread that ends
  /// it. Ask for one at a time (resource::Layers does).
  virtual void Apply(resource::SnapshotPtr snapshot,
                     absl::AnyInvocable<void(absl::Status)> done) = 0;
  /// The same, for one who waits. Not on the engine's thread.
  absl::Status ApplyAndWait(resource::SnapshotPtr snapshot);

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
  /// Since it was asked last. Any thread; does not block. `done`, once, as that of `Apply`, when
  /// all is counted that died with the changes asked for before, or after `patience`.
  virtual void AwaitRemovals(std::chrono::nanoseconds patience,
                             absl::AnyInvocable<void(GivenUp)> done) = 0;

  /// Attempts that may be in flight at once. Any thread.
  virtual uint32_t in_flight_limit() const = 0;

  /// Adds the event loops of its threads; the engine outlives the watch's last question.
  virtual void AddLoops(base::LoopWatch& watch) = 0;

  /// Starts nothing new, and changes nothing more; waits until what is in flight ended (at most
  /// `grace`, or until `hurry` says true) and its outcomes are durable. Returns false when it gave
  /// up waiting for the disk.
  virtual bool Drain(std::chrono::nanoseconds grace, const std::function<bool()>& hurry) = 0;
};

}  // namespace carillon::engine
