#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "carillon/delivery/dispatcher.h"
#include "carillon/store/event_log.h"
#include "carillon/store/lane_state.h"
#include "carillon/store/shard_store.h"
#include "feed.h"
#include "held_event.h"
#include "lane_map.h"
#include "lane_scheduler.h"
#include "routed_count.h"
#include "skipped.h"
#include "table_in_force.h"
#include "tracker.h"

namespace carillon::delivery {

/// Offers every event of the journal's tail to each lane that wants it by the table in force, once
/// and in order, and knows up to where all of them are settled. A lane that is full falls behind;
/// one that holds the watermark for too long, or behind too many others, gets a cursor in place of
/// its slots of the tracker. Dispatcher's thread; what is given outlives it.
class Router {
 public:
  /// `state`: what the shard began with.
  Router(const DispatcherOptions& options, const store::ShardState& state, Feed& feed,
         HeldEvents& held, LaneMap& lanes, LaneScheduler& scheduler, const TableInForce& routes,
         RoutedCount count);

  /// There is an event to route; false: there is none yet (a read may have been started).
  bool Ready() { return feed_.Peek() != nullptr; }
  /// Routes it; only when `Ready`, with a table. Returns how many lanes took it.
  size_t RouteNext();

  /// The next position to route: all below were offered, or are gone from the journal.
  uint64_t next() const { return feed_.next(); }
  /// The position up to which everything is settled, or covered by a cursor.
  uint64_t Watermark() const { return tracker_.Watermark(feed_.next()); }
  /// Of an event that is read (again): whether the lane is done with it, since before the start or
  /// by a purge.
  bool WasSettled(uint64_t position, store::LaneId lane) const {
    return (position <= recovered_last_ && settled_->Contains(position, lane)) ||
           skipped_.Contains(lane, position);
  }
  /// What lanes are done with beyond their cursors.
  Skipped& skipped() { return skipped_; }
  /// Whether an event read from the journal at or above the lane's cursor is due there: the lane
  /// wants it, and is not done with it.
  bool IsDue(const model::Event& event, const Lane& lane) const {
    return lane.Matches(*routes_.table(), event) && !WasSettled(event.position(), lane.id());
  }
  /// For the lanes.
  Tracker& tracker() { return tracker_; }
  /// Now and then: looks after what waits for too long, and for the end of the recovery.
  void Tick(base::MonoTime now);

 private:
  void DetachWhere(uint64_t below);
  void ForgetSkipped();

  const size_t max_tracked_;
  const std::chrono::milliseconds max_hold_;
  const uint64_t recovered_last_;
  const std::shared_ptr<const store::SettledSet> settled_;  // up to there
  Feed& feed_;
  HeldEvents& held_;
  LaneMap& lanes_;
  LaneScheduler& scheduler_;
  const TableInForce& routes_;
  RoutedCount count_;
  Tracker tracker_;
  Skipped skipped_;
  std::vector<uint32_t> matched_;  // scratch of RouteNext
  std::vector<Lane*> targets_;
  uint64_t oldest_ = 0;            // the watermark as seen by ticks...
  base::MonoTime oldest_since_{};  // ...and since when it stands there
};

}  // namespace carillon::delivery
