#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "carillon/delivery/observer.h"
#include "carillon/metrics/metrics.h"
#include "carillon/routing/routing_table.h"
#include "carillon/store/event_log.h"
#include "carillon/store/lane_state.h"
#include "lane.h"
#include "router.h"
#include "settlement_buffer.h"
#include "shard_journal.h"

namespace carillon::delivery {

/// Counts and tells what dies with destinations that are taken out of the configuration: what is in
/// memory and in flight one by one, what has rows by their number, what lies behind a cursor by
/// reading it once more. The journal makes the rows dead, in steps, as it closes the lane.
/// Dispatcher's thread; what is given outlives it.
class Removals {
 public:
  Removals(ShardJournal& journal, const Router& router, metrics::Metrics& metrics,
           Observer& observer, SettlementBuffer& settlements)
      : journal_(journal),
        router_(router),
        metrics_(metrics),
        observer_(observer),
        settlements_(settlements) {}

  /// The lane is being closed. `last`: the last table that has its destination.
  void Begin(const Lane& lane, std::shared_ptr<const routing::RoutingTable> last);
  /// A delivery died that was in its memory or in flight.
  void OnDead(store::LaneId lane);
  /// Nothing of it is in flight any more: the journal closes it with what was added to
  /// `settlements`.
  void OnGone(const Lane& lane);
  /// See Dispatcher::AwaitRemovals.
  void Await(absl::AnyInvocable<void(uint64_t)> done);

 private:
  struct Removal {
    std::shared_ptr<const routing::RoutingTable> table;  // the last that had it, at `place`
    uint32_t place = 0;
    std::shared_ptr<metrics::LaneMetrics> metrics;
    uint64_t next = 0;      // of the journal behind its cursor: the next position to look at...
    uint64_t end = 0;       // ...up to here; the same: all was looked at
    bool counting = false;  // an answer of the journal is awaited
    bool gone = false;      // nothing of its lane is in flight any more
    Observer::Removed counts;

    bool Done() const { return gone && next >= end; }
  };
  void Count(Removal& removal, uint64_t deliveries);
  void GoOn(store::LaneId id);
  void OnRead(store::LaneId id, const store::EventBatch& batch);
  void Tell();

  ShardJournal& journal_;
  const Router& router_;
  metrics::Metrics& metrics_;
  Observer& observer_;
  SettlementBuffer& settlements_;
  std::map<store::LaneId, Removal> removals_;
  uint64_t removed_ = 0;  // deliveries that died in removals that are over
  std::vector<absl::AnyInvocable<void(uint64_t)>> waiters_;
};

}  // namespace carillon::delivery
