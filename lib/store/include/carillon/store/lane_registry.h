#pragma once

#include <cstdint>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/store/lane_state.h"
#include "carillon/store/settlement.h"

namespace carillon::store {

/// Lanes of one shard, named by who took the shard under `epoch`.
struct OwnedLanes {
  ShardId shard = 0;
  uint64_t epoch = 0;
  std::vector<LaneName> names;
};

/// The same by their numbers.
struct OwnedLaneIds {
  ShardId shard = 0;
  uint64_t epoch = 0;
  std::vector<LaneId> lanes;
};

/// Which destinations there are in the store, and which is which when a name comes back. A lane is
/// retired by whoever names it, never for want of somebody who asked for it: with several processes
/// over one store, what one does not know of may be another's. It is retired in the name of its
/// shard's owner only: where the epoch is not the shard's nothing is done, and that is no error,
/// for the next owner may serve those lanes, and does it itself.
///
/// Thread-safe; no call blocks. Callbacks come on threads of the store: they hand on.
class LaneRegistry {
 public:
  virtual ~LaneRegistry() = default;

  /// Looks destinations of a shard up, and adds those that are new (wanting events from the next
  /// position on). Results in the order of `names`. `done` comes between two calls of
  /// `Consumer::OnCommitted`: what came before it is below `since` of the lanes that are new.
  /// RESOURCE_EXHAUSTED: there is no room, and nothing was added. Called by the shard's owner.
  virtual void OpenLanes(ShardId shard, std::vector<LaneName> names,
                         absl::AnyInvocable<void(absl::StatusOr<std::vector<LaneState>>)> done) = 0;

  /// All lanes that are neither closed nor being closed, ascending by number.
  virtual void ListLanes(
      absl::AnyInvocable<void(absl::StatusOr<std::vector<ListedLane>>)> done) = 0;

  /// Marks what is open under these names as taken out, all or none: from then on, whenever the
  /// process dies, a name that comes back gets a new lane, and `ListLanes` tells what `CloseLanes`
  /// had not done. Until `CloseLanes` the lane is served as before, but its cursor and health are
  /// not written any more. For a change of the configuration that every shard is ready for, before
  /// it is in force on one. `done` when the mark is durable; when there is no room before that:
  /// then everything that is written later writes it first, so that whatever of the change is
  /// durable, the mark is. Not OK: the store failed or was stopped.
  virtual void TakeOut(std::vector<OwnedLanes> lanes,
                       absl::AnyInvocable<void(absl::Status)> done) = 0;

  /// Forgets lanes, marked or not: their parked deliveries become dead (`cancelled`), in bounded
  /// steps. A name that comes back gets a new lane. What is settled for them later is dropped: rows
  /// that would be added are dead, too.
  virtual void CloseLanes(OwnedLaneIds lanes) = 0;

  /// Does both to lanes that nobody serves. `done` as of `TakeOut`, with those that had something
  /// left. NOT_FOUND: a number is of no lane, or of one that is closed; then none is retired.
  virtual void RetireLanes(
      std::vector<OwnedLaneIds> lanes,
      absl::AnyInvocable<void(absl::StatusOr<std::vector<RetiredLane>>)> done) = 0;
};

}  // namespace carillon::store
