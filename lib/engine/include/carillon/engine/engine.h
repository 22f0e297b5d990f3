#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/base/descriptor_budget.h"
#include "carillon/base/loop_watch.h"
#include "carillon/delivery/destination_status.h"
#include "carillon/delivery/lane_command.h"
#include "carillon/delivery/purge_order.h"
#include "carillon/delivery/resend_order.h"
#include "carillon/log/log.h"
#include "carillon/metrics/metrics.h"
#include "carillon/model/pending.h"
#include "carillon/notices/notice.h"
#include "carillon/resource/config.h"
#include "carillon/resource/snapshot.h"
#include "carillon/statistics/statistics_sink.h"
#include "carillon/store/stores.h"

namespace carillon::tracing {
class Tracer;
}
namespace carillon::deliverylog {
class Sink;
}

namespace carillon::engine {

/// Which shards there are, and who has them.
struct ShardSettings {
  /// So many in all, the same for all engines over a store; a destination's name says in which it
  /// is. 0: as many as delivery threads, all of them this engine's; a destination stays in the one
  /// that it was first given, which then had the fewest.
  uint32_t count = 0;
  /// The engine begins with all of them; else with none.
  bool take_all = true;
};

/// All deliveries of a process: shards on delivery threads, evenly. Thread-safe where it says so;
/// what takes several steps goes on the engine's own thread, one after another.
class Engine {
 public:
  /// Makes the threads, and takes the shards. `connections` bounds those to destinations; where it
  /// has fewer places than attempts may be in flight, their bounds are lowered, each tenant's in
  /// proportion. `tracer`, `log` and `statistics`, which take what came of attempts, and
  /// `notices`, which takes what happened to destinations, outlive it and may be null.
  static absl::StatusOr<std::unique_ptr<Engine>> Create(
      const resource::Config& config, const base::Clock& clock, base::DescriptorBudget& connections,
      store::Stores stores, metrics::Metrics& metrics, log::Logger& logger,
      tracing::Tracer* tracer = nullptr, const ShardSettings& shards = {},
      deliverylog::Sink* log = nullptr, statistics::Sink* statistics = nullptr,
      notices::Sink* notices = nullptr);
  virtual ~Engine() = default;

  /// Puts the snapshot's destinations, subscriptions, guard and limits in force on every shard,
  /// or, when one of them cannot take its part (the disk is full), on none. Only what differs from
  /// the snapshot in force is looked at, and a shard of which nothing does is not asked. The first
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

  /// Takes a shard, whoever has it, and serves it by the snapshot in force: from where its last
  /// owner's outcomes are durable. What the store has left of destinations that are not configured
  /// is counted and logged. `done` as that of `Apply`: it is served; FAILED_PRECONDITION: there is
  /// no fixed count of shards; INVALID_ARGUMENT: there is no such shard; ALREADY_EXISTS: this
  /// engine has it; or what kept it from being served: then it was given back.
  ///
  /// Each engine over a store has the same snapshots in force, at least by the time it takes a
  /// shard: who has an older one takes destinations out that it does not know.
  virtual void AddShard(store::ShardId shard, absl::AnyInvocable<void(absl::Status)> done) = 0;
  /// Gives a shard up: starts nothing new there, lets what is in flight end for `grace`, cancels
  /// the rest, and waits 5 s at most until all outcomes are durable. What is not is sent again by
  /// the next owner. `done` as that of `Apply`; NOT_FOUND: this engine does not have it. Of a shard
  /// that another engine took, it does so by itself, without grace, when it learns of that.
  virtual void RemoveShard(store::ShardId shard, std::chrono::nanoseconds grace,
                           absl::AnyInvocable<void(absl::Status)> done) = 0;

  /// Does what the owner of a destination asks for; `order.place` is not looked at. Goes behind
  /// what was asked for before. Any thread; does not block. `done`, once, on a thread of the
  /// engine's, or where it ends: it is in force, and durable. NOT_FOUND: the snapshot in force has
  /// no such destination. FAILED_PRECONDITION: see delivery::Dispatcher::Command. UNAVAILABLE:
  /// another engine has its shard, or it was drained or ended, or the store failed, before it was
  /// known to be durable.
  virtual void Command(delivery::LaneOrder order, absl::AnyInvocable<void(absl::Status)> done) = 0;

  /// How destinations fare, in the order of `names`; nullopt for one that is not in force, or of
  /// which another engine has the shard, or of which nothing was heard within `patience`. Each
  /// delivery thread is asked for a few at a time, so that it sends in between. Does not wait for
  /// what was asked for before. Any thread; does not block. `done`, once, on a thread of the
  /// engine's, or where it ends. Who asks bounds how many names, and how many questions at once.
  using Statuses = std::vector<std::optional<delivery::DestinationStatus>>;
  virtual void Describe(std::vector<store::LaneName> names, std::chrono::nanoseconds patience,
                        absl::AnyInvocable<void(Statuses)> done) = 0;

  /// Makes deliveries of a destination again, or for the first time; `order.place` is not looked
  /// at. `done`, when they are durable: how many of the first items were taken, see
  /// delivery::Dispatcher::Resend; otherwise as `Command`.
  virtual void Resend(delivery::ResendOrder order,
                      absl::AnyInvocable<void(absl::StatusOr<size_t>)> done) = 0;

  /// Gives up deliveries of a destination that wait; `order.place` is not looked at. `done`, when
  /// that is durable, see delivery::Dispatcher::Purge; otherwise as `Command`.
  virtual void Purge(delivery::PurgeOrder order,
                     absl::AnyInvocable<void(absl::StatusOr<delivery::PurgeResult>)> done) = 0;

  /// Makes the gauges of all lanes true; waits for the threads, but not longer than `patience`: of
  /// one that is busy for so long they stay as they were. Any thread, one at a time.
  virtual void RefreshGauges(std::chrono::nanoseconds patience) = 0;

  /// What every destination of its shards has left. Any thread; `done` on one of its own, or never
  /// when the journal stops. Ask for one at a time.
  virtual void ListPending(absl::AnyInvocable<void(model::PendingReport)> done) = 0;

  /// The same of one destination: what would be given up if it were deleted now. `done`, once, on a
  /// thread of the engine's, or where it ends; nullopt as of `Describe`. Any thread. Ask for one at
  /// a time.
  virtual void CountPending(store::LaneName name, std::chrono::nanoseconds patience,
                            absl::AnyInvocable<void(std::optional<model::Pending>)> done) = 0;

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
