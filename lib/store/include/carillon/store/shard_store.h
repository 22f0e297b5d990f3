#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/store/demand.h"
#include "carillon/store/parked.h"
#include "carillon/store/settled_set.h"
#include "carillon/store/settlement.h"

namespace carillon::store {

/// What the owner of a shard begins with.
struct ShardState {
  uint64_t epoch = 0;          ///< never used before; goes into each settlement
  uint64_t watermark = 0;      ///< see `Settlement::watermark`: the owner reads on from here
  uint64_t last_position = 0;  ///< of the log when the shard was taken; 0 when it is empty
  /// What of the shard is settled though its event is read again: by an attempt, held behind
  /// others, or dead without any. Of positions above `last_position` there is nothing. Never null.
  std::shared_ptr<const SettledSet> settled = std::make_shared<const SettledSet>();
};

/// What became of deliveries, by shards: parked and dead ones, cursors, attempts. A shard has one
/// owner at a time; whoever takes it next deposes the one before, of whom nothing is written any
/// more. That holds whatever the one before knows of it, and wherever it runs.
///
/// Thread-safe; no call blocks. Callbacks come on threads of the store, or before the call returns:
/// they hand on.
class ShardStore {
 public:
  virtual ~ShardStore() = default;

  /// So many shards there are, from 0 on: the same for all who use the store at a time. Said before
  /// one is taken, by everybody who takes any. What is not settled for a shard keeps the watermark
  /// of all where it is, also while nobody owns the shard, and before it was ever taken.
  virtual void DeclareShards(uint32_t count) = 0;

  /// Makes the caller the owner of a shard. Of what was settled under earlier epochs the answer
  /// has all that will ever be written. UNAVAILABLE: the store failed or was stopped.
  virtual void TakeShard(ShardId shard,
                         absl::AnyInvocable<void(absl::StatusOr<ShardState>)> done) = 0;
  /// The caller, who took it under `epoch`, has nothing more to say; what it settles from now on is
  /// refused. Does nothing when somebody else owns the shard.
  virtual void ReleaseShard(ShardId shard, uint64_t epoch) = 0;

  /// How many settlements of a shard may wait for their answers. Constant; at least 1.
  virtual size_t max_outstanding() const = 0;

  /// Writes a settlement. `done`, once: OK when it is durable; ABORTED: its epoch is not the
  /// shard's, so its sender was deposed, and nothing of it was written; UNAVAILABLE: the store
  /// failed or was stopped, and whether it was written is not known. While there is no room it
  /// waits, and `done` with it. Settlements of one shard are applied in their order: after one
  /// that was not written, none is.
  virtual void Settle(Settlement settlement, absl::AnyInvocable<void(absl::Status)> done) = 0;

  /// Parked rows of `lane` that wait for a time at or before `until`, at most `limit`, lowest (due,
  /// position) first, and with about 8 MiB of events at most: fewer than `limit` does not mean that
  /// no more is due, `next` tells. Only what is committed: a row whose unparking is under way may
  /// still be returned.
  virtual void TakeDue(LaneId lane, base::WallTime until, size_t limit,
                       absl::AnyInvocable<void(DueDeliveries)> done) = 0;
  /// Rows of `lane` at Due::Held(group), or, for group 0, at Due::Stuck(); lowest position first,
  /// at most `limit`. Otherwise as `TakeDue`.
  virtual void TakeHeld(LaneId lane, GroupId group, size_t limit,
                        absl::AnyInvocable<void(DueDeliveries)> done) = 0;
  /// Rows of `lane` at Due::Kept() from position `from` on, lowest first; otherwise as `TakeHeld`.
  virtual void TakeKept(LaneId lane, uint64_t from, size_t limit,
                        absl::AnyInvocable<void(DueDeliveries)> done) = 0;
  /// Parked rows of `lane` (no marks) at positions up to `up_to`, from `from` on, at most `limit`;
  /// maybe none though there are more: `next` tells. Only what is committed.
  virtual void ListParked(LaneId lane, uint64_t up_to, ParkedKey from, size_t limit,
                          absl::AnyInvocable<void(ParkedPage)> done) = 0;

  /// Any thread; cheap enough to be asked several times a second.
  virtual Demand demand() const = 0;

  struct ShardStats {
    uint64_t watermark = 0;        ///< the lowest of all shards
    uint64_t floor = 0;            ///< all events up to this position are settled in every lane
    uint64_t dead = 0;             ///< dead deliveries kept
    uint64_t kept_deliveries = 0;  ///< that have rows: they wait for a retry, or are held or kept
    uint64_t kept_bytes = 0;       ///< of the events of these
    /// Those for which most is kept, at most `kMaxHolders`, most first.
    std::vector<Holder> holders;
  };
  /// Any thread; cheap enough to be asked several times a second.
  virtual ShardStats shard_stats() const = 0;
};

}  // namespace carillon::store
