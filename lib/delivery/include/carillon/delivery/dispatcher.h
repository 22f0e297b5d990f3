#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/delivery/all_tables.h"
#include "carillon/delivery/destination_status.h"
#include "carillon/delivery/history_options.h"
#include "carillon/delivery/lane_command.h"
#include "carillon/delivery/observer.h"
#include "carillon/delivery/purge_order.h"
#include "carillon/delivery/resend_order.h"
#include "carillon/http/courier.h"
#include "carillon/metrics/metrics.h"
#include "carillon/model/pending.h"
#include "carillon/policy/in_flight_caps.h"
#include "carillon/routing/routing_table.h"
#include "carillon/store/stores.h"
#include "carillon/tracing/tracer.h"

namespace carillon::delivery {

struct DispatcherOptions {
  uint32_t shard = 0;
  size_t max_memory_bytes = 64u << 20;  ///< of events held by all lanes
  size_t max_lane_bytes = 4u << 20;  ///< of events held by one lane; past it the lane falls behind
  size_t read_bytes = 1u << 20;      ///< of one read from the journal
  size_t max_unsettled_rows = 65'536;            ///< rows handed to the journal and not yet durable
  std::chrono::milliseconds settle_interval{5};  ///< settlements wait at most this long
  /// Routed events that may wait behind the oldest unsettled one, and for how long it may hold the
  /// watermark; then a cursor takes its lane's place.
  size_t max_tracked = 262'144;
  std::chrono::milliseconds max_hold{30'000};
  std::string user_agent = "Carillon";         ///< the program adds its version
  std::shared_ptr<policy::InFlightCaps> caps;  ///< shared by all shards; null when there are none
  uint32_t first_token_use = 0;                ///< for tests: tokens as after so many attempts
  const AllTables* tables = nullptr;           ///< outlives the dispatcher; null with one shard
  Observer* observer = nullptr;                ///< outlives the dispatcher; may be null
  tracing::Tracer* tracer = nullptr;           ///< the same; takes the spans of attempts
  HistoryOptions history;                      ///< what is told to the delivery log
  /// The store did not take what the shard had to settle (see store::ShardStore): ABORTED when
  /// another owner has the shard. No attempt is started any more, and nothing settled; what is in
  /// flight is for the caller to cancel. Once, on the dispatcher's thread; may be null.
  std::function<void(const absl::Status&)> on_unsettled;
};

/// A table that is to come in force.
struct NextTable {
  std::shared_ptr<const routing::RoutingTable> table;
  /// The places where it is another than the table in force, each once: of the others nothing is
  /// looked at, so that a change takes as long as what it changes. A destination never moves to
  /// another place.
  std::vector<uint32_t> places;
};

/// Runs things on the dispatcher's thread. The real one posts to its io_context; the simulated one
/// to its queue of events. Whoever was asked something holds it: an answer may come when the
/// dispatcher is gone.
class Executor {
 public:
  virtual ~Executor() = default;
  /// Any thread. Runs `task` on the dispatcher's thread, later.
  virtual void Post(absl::AnyInvocable<void()> task) = 0;
  /// Dispatcher's thread. Calls `Dispatcher::OnTimer` at `at` (or somewhat later); replaces an
  /// earlier wish.
  virtual void WakeAt(base::MonoTime at) = 0;
};

/// For an executor that somebody else owns, and that outlives whoever may call it.
inline std::shared_ptr<Executor> Borrowed(Executor& executor) {
  return {std::shared_ptr<void>(), &executor};
}

/// One shard of the deliveries: routes the journal's tail to its lanes, decides what to send when,
/// drives the courier, and tells the journal what became of it. Does no I/O, takes no locks;
/// every call on its one thread, but `OnCommitted` which comes on the journal's.
///
/// What it promises: every event above the watermark is offered to every lane that wants it, in
/// order; a delivery that settled is not sent again unless the process died before that was
/// durable; memory stays under the bounds: a lane over its own bound falls behind (it drops what
/// comes and reads it from the journal later, from a durable cursor), and a shard over its bound
/// stops reading until there is room.
class Dispatcher : public store::Consumer, public http::CourierListener {
 public:
  /// Of a shard that the caller has taken: `state` is what the store answered.
  static std::unique_ptr<Dispatcher> Create(const DispatcherOptions& options,
                                            const base::Clock& clock, base::Random& random,
                                            store::Stores stores, store::ShardState state,
                                            http::Courier& courier,
                                            std::shared_ptr<Executor> executor,
                                            metrics::Metrics& metrics);

  /// The first of two steps towards another table, so that all shards take it or none: looks up and
  /// adds in the journal what is new, and changes nothing else. `ready` when `CommitTable` could
  /// follow (OK), or what forbids it. After OK nothing is routed, so that no new lane misses an
  /// event, and exactly one of the next two must follow soon; other changes wait for it.
  virtual void PrepareTable(NextTable next, absl::AnyInvocable<void(absl::Status)> ready) = 0;
  /// Puts in force what was prepared; it cannot fail. Destinations that are new get lanes, those
  /// that changed are updated in place, those that are gone are closed (their deliveries become
  /// dead, `cancelled`); LaneRegistry::TakeOut has marked them before. Nothing is sent under it
  /// before this returns.
  virtual void CommitTable() = 0;
  /// Forgets what was prepared; lanes that were added for it are closed again.
  virtual void DiscardTable() = 0;

  virtual void OnTimer() = 0;

  /// Does what the owner of a destination asks for; at once in force. `done`, once, on the
  /// dispatcher's thread, when it is durable. NOT_FOUND: the table in force has no such destination
  /// at that place. FAILED_PRECONDITION: the configuration disables what is to be enabled, or what
  /// is to be paused or resumed is disabled. UNAVAILABLE: the store takes nothing any more, or the
  /// dispatcher ended before: it may be undone by the next start.
  virtual void Command(const LaneOrder& order, absl::AnyInvocable<void(absl::Status)> done) = 0;

  /// How the destinations at these places fare, in their order; nullopt: the table in force has no
  /// such destination there. Takes time for each of them, so ask for a few at once.
  virtual std::vector<std::optional<DestinationStatus>> Describe(
      std::span<const LanePlace> lanes) const = 0;

  /// Makes deliveries again, or for the first time, as if they were due for a retry with none made
  /// so far, outside of their ordering groups. `done`, once, on the dispatcher's thread, when they
  /// are durable: how many of the first items were taken; the others are not, for the reasons that
  /// the order names. An item that waits for a time is alone in its order; it is not taken where it
  /// is on its way. FAILED_PRECONDITION: the destination is disabled, and gives up what is to be
  /// sent. NOT_FOUND, UNAVAILABLE: as `Command`.
  virtual void Resend(const ResendOrder& order,
                      absl::AnyInvocable<void(absl::StatusOr<size_t>)> done) = 0;

  /// Gives up deliveries that wait, at their owner's call: nobody is told of them as of dead ones,
  /// and what was held behind them goes on. `done`, once, on the dispatcher's thread, when that is
  /// durable; what is in flight is left. NOT_FOUND, UNAVAILABLE: as `Command`.
  virtual void Purge(const PurgeOrder& order,
                     absl::AnyInvocable<void(absl::StatusOr<PurgeResult>)> done) = 0;

  /// Starts nothing new and routes nothing; `done` when nothing is in flight and everything is
  /// durable, or will never be since another owner has the shard.
  virtual void Drain(absl::AnyInvocable<void()> done) = 0;

  /// Makes gauges current: queue sizes, ages, states; to the metrics. They are no truer than the
  /// last call. Dispatcher's thread.
  virtual void PublishGauges() = 0;

  /// What each destination of the table in force has left. What lies behind a cursor is read from
  /// the journal for it, within bounds. `done` on the dispatcher's thread, maybe at once, or never
  /// when the journal stops. Ask for one at a time.
  virtual void ListPending(absl::AnyInvocable<void(model::PendingReport)> done) = 0;

  /// The same of one destination; nullopt: the table in force has no such one at that place. Less
  /// is read for it. `done` as that of `ListPending`. Ask for one at a time.
  virtual void CountPending(const LanePlace& lane,
                            absl::AnyInvocable<void(std::optional<model::Pending>)> done) = 0;

  /// `done` when all is counted that died with destinations that were taken out so far: how many
  /// deliveries, since the start. On the dispatcher's thread, maybe at once, or never when the
  /// journal stops.
  virtual void AwaitRemovals(absl::AnyInvocable<void(uint64_t)> done) = 0;
};

}  // namespace carillon::delivery
