#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "carillon/delivery/dispatcher.h"
#include "carillon/routing/routing_table.h"
#include "carillon/store/event_log.h"
#include "carillon/store/lane_state.h"
#include "feed.h"
#include "held_event.h"
#include "lane_map.h"
#include "lane_scheduler.h"
#include "routed_count.h"
#include "shard_journal.h"
#include "tracker.h"

namespace carillon::delivery {

/// Offers every event of the journal's tail to each lane that wants it by the table in force, once
/// and in order, and knows up to where all of them are settled. A lane that is full falls behind;
/// one that holds the watermark for too long, or behind too many others, gets a cursor in place of
/// its slots of the tracker. Dispatcher's thread, but for `Put`.
class Router {
 public:
  /// `on_read`: more may be ready. What is given outlives it.
  Router(const DispatcherOptions& options, ShardJournal& journal, HeldEvents& held, LaneMap& lanes,
         LaneScheduler& scheduler, RoutedCount count, std::function<void()> on_read);

  /// See store::Consumer. Store's thread. True: the dispatcher must be woken.
  bool Join(uint64_t last) { return feed_.Join(last); }
  bool Put(const store::EventBatchPtr& batch) { return feed_.Put(batch); }

  /// Another table, and the lanes at those places where it is another than before; null where there
  /// is no destination.
  void SetTable(std::shared_ptr<const routing::RoutingTable> table,
                std::span<const std::pair<uint32_t, Lane*>> places);
  /// Null before the first.
  const std::shared_ptr<const routing::RoutingTable>& table() const { return table_; }
  /// By place; null where there is no destination.
  const std::vector<Lane*>& lanes() const { return lane_of_; }
  /// Null: there is none.
  Lane* LaneAt(uint32_t place) const { return place < lane_of_.size() ? lane_of_[place] : nullptr; }
  /// Whether anybody subscribed to an operational type in the lane's tenant.
  bool IsSubscribed(const Lane& lane, std::string_view type) const {
    return table_->IsSubscribed(lane.destination().tenant, type);
  }

  /// There is an event to route; false: there is none yet (a read may have been started).
  bool Ready() { return feed_.Peek() != nullptr; }
  /// Routes it; only when `Ready`, with a table. Returns how many lanes took it.
  size_t RouteNext();

  /// The next position to route: all below were offered, or are gone from the journal.
  uint64_t next() const { return feed_.next(); }
  /// The position up to which everything is settled, or covered by a cursor.
  uint64_t Watermark() const { return tracker_.Watermark(feed_.next()); }
  /// Of an event of before the start: whether the lane is done with it.
  bool WasSettled(uint64_t position, store::LaneId lane) const {
    return position <= recovered_last_ && journal_.state().settled->Contains(position, lane);
  }
  /// For the lanes.
  Tracker& tracker() { return tracker_; }
  /// Now and then: looks after what waits for too long, and for the end of the recovery.
  void Tick(base::MonoTime now);

 private:
  void DetachWhere(uint64_t below);

  const DispatcherOptions& options_;
  ShardJournal& journal_;
  HeldEvents& held_;
  LaneMap& lanes_;
  LaneScheduler& scheduler_;
  RoutedCount count_;
  const uint64_t recovered_last_;
  Feed feed_;
  Tracker tracker_;
  std::shared_ptr<const routing::RoutingTable> table_;
  std::vector<Lane*> lane_of_;     // by place in table_
  std::vector<uint32_t> matched_;  // scratch of RouteNext
  std::vector<Lane*> targets_;
  uint64_t oldest_ = 0;            // the watermark as seen by ticks...
  base::MonoTime oldest_since_{};  // ...and since when it stands there
};

}  // namespace carillon::delivery
