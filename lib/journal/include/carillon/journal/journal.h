#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/model/event.h"
#include "carillon/model/health.h"
#include "carillon/model/outcome.h"

namespace carillon::journal {

/// Number of a destination in the store: given once, kept forever, never used again for another.
using LaneId = uint32_t;

/// Events with consecutive positions, ascending.
using EventBatch = std::vector<model::EventPtr>;
using EventBatchPtr = std::shared_ptr<const EventBatch>;

/// What became of one appended event.
struct Appended {
  uint64_t position = 0;  ///< of the first, when it is a duplicate
  bool duplicate = false;
};

/// Called once. Errors: RESOURCE_EXHAUSTED (nothing stored; try later), UNAVAILABLE (stopping,
/// or a sync failed: stored or not is not known); `RefusalOf` says more.
using AppendDone = absl::AnyInvocable<void(absl::StatusOr<std::vector<Appended>>)>;

/// A row of the attempt log. One attempt that carried n deliveries makes n rows.
struct AttemptRow {
  uint64_t position = 0;
  LaneId lane = 0;
  uint32_t number = 1;  ///< 1 for the first attempt of the delivery
  model::Outcome outcome = model::Outcome::kSuccess;
  uint16_t http_status = 0;  ///< 0 when no response came
  base::WallTime started{};
  uint32_t duration_us = 0;
  /// False where the delivery stays where it was: cancelled by shutdown, to be sent after restart.
  bool settles = true;
};

/// Deliveries of one lane that go one after another: a hash of the ordering key, from 1 to
/// `kMaxGroup`. It is 0 for a delivery that has no order.
using GroupId = uint64_t;
inline constexpr GroupId kMaxGroup = (uint64_t{1} << 61) - 1;

/// Where parked rows without a time lie: those held behind an earlier delivery of their group at
/// `HeldDue(group)`, in the order of their positions; and at `HeldDue(0)` marks of groups that are
/// held behind a dead delivery (the delivery itself is dead, the row keeps only its place).
inline constexpr base::WallTime kFirstHeldDue{std::chrono::nanoseconds(int64_t{1} << 62)};
inline constexpr base::WallTime HeldDue(GroupId group) {
  return kFirstHeldDue + std::chrono::nanoseconds(static_cast<int64_t>(group));
}

/// The other way round, for what is not before kFirstHeldDue.
inline constexpr GroupId GroupHeldAt(base::WallTime due) {
  return static_cast<GroupId>((due - kFirstHeldDue).count());
}

/// Deliveries that a lane behind keeps one by one, since the journal was to let go of the events
/// around them: rows at kKeptDue, in the order of their positions, which all lie below its cursor.
/// No group has this number.
inline constexpr GroupId kKeptGroup = kMaxGroup + 1;
inline constexpr base::WallTime kKeptDue = HeldDue(kKeptGroup);

/// One of the further deliveries of a batch.
struct BatchMember {
  uint64_t position = 0;
  GroupId group = 0;
  friend bool operator==(const BatchMember&, const BatchMember&) = default;
};

/// Of a batch, all but its first are no more than this.
inline constexpr size_t kMaxRest = 1'000;

/// A delivery that failed and waits; or a batch of them, which stays together: one row.
struct Parked {
  LaneId lane = 0;
  base::WallTime due{};   ///< before kFirstHeldDue; or HeldDue(...), see there
  uint64_t position = 0;  ///< of a batch: of its first
  uint32_t attempts = 0;  ///< made so far
  GroupId group = 0;
  std::vector<BatchMember> rest;  ///< of a batch: all but its first, in its order; `kMaxRest`
  uint64_t bytes = 0;             ///< of its events' records; what is kept is bounded by them
};

/// Names a parked row.
struct ParkedKey {
  LaneId lane = 0;
  base::WallTime due{};
  uint64_t position = 0;
};

/// A delivery that was given up.
struct Dead {
  LaneId lane = 0;
  uint64_t position = 0;
  uint32_t attempts = 0;
  model::Outcome outcome = model::Outcome::kSuccess;
  base::WallTime at{};
};

/// Where a lane that fell behind stands: every event it wanted below `position` is settled for it,
/// and the watermark does not wait for it. A lane that caught up has none, and counts again.
struct LaneCursor {
  LaneId lane = 0;
  std::optional<uint64_t> position;
};

using model::DisabledReason;

/// How a destination fares; kept over restarts.
struct Health {
  /// Of a disabled one: since when every attempt had failed. A destination that is not disabled
  /// may have one from an older version; it means nothing, since a start begins that time anew.
  std::optional<base::WallTime> failing_since;
  std::optional<DisabledReason> disabled;
  base::WallTime disabled_at{};
  uint32_t generation = 0;  ///< of the configuration under which it was disabled
  friend bool operator==(const Health&, const Health&) = default;
};

struct LaneHealth {
  LaneId lane = 0;
  Health health;
};

/// What one shard has to tell since the last time; written in one transaction.
struct Settlement {
  uint32_t shard = 0;
  std::vector<AttemptRow> attempts;
  std::vector<Parked> parked;       ///< rows to add
  std::vector<ParkedKey> unparked;  ///< rows to remove (applied before `parked` is added)
  std::vector<Dead> dead;
  std::vector<LaneCursor> cursors;
  std::vector<LaneHealth> healths;
  /// Events of Carillon's own (see `model/operational.h`): appended in the same transaction, with
  /// the next positions, and handed to the consumers as others are. Their ids are new; they are
  /// not held against the bound of what waits for the disk.
  std::vector<std::shared_ptr<model::Event>> events;
  /// At and below it no event waits for a lane of this shard that keeps up: each of its deliveries
  /// is delivered, parked or dead, or belongs to a lane that is behind, whose cursor covers it.
  uint64_t watermark = 0;
};

/// A parked delivery that is due, with its event. The row stays until it is unparked.
struct DueDelivery {
  Parked parked;
  model::EventPtr event;              ///< null when it is gone from the journal (never, it should)
  std::vector<model::EventPtr> rest;  ///< of `parked.rest`; null as above
};

struct DueDeliveries {
  std::vector<DueDelivery> due;            ///< ascending by (due, position)
  std::optional<base::WallTime> next_due;  ///< of the first row not returned
};

/// A part of the parked rows of a lane, in the order of their keys.
struct ParkedPage {
  std::vector<Parked> rows;
  std::optional<ParkedKey> next;  ///< where to go on; not set when that was all
};

/// How much of what is kept for a lane is to be given up: every delivery of it up to a position.
struct EvictionRequest {
  uint64_t up_to = 0;
  uint64_t too_old_to = 0;  ///< those up to here for their age, the others for their number or size
  friend bool operator==(const EvictionRequest&, const EvictionRequest&) = default;
};

/// What the journal asks of the shards, so that what is kept for some destinations stays in its
/// bounds and the events of others can leave.
struct Demand {
  /// Events up to here leave when no lane behind stands at or below it: such a lane moves its
  /// cursor on, and keeps what it wants of them as rows at kKeptDue. At 0 it asks nothing.
  uint64_t leave_to = 0;
  /// What was accepted before is too old to be kept.
  base::WallTime keep_since = base::WallTime::min();
  uint64_t version = 0;  ///< another number: `give_up` is another
  std::shared_ptr<const std::map<LaneId, EvictionRequest>> evict;  ///< null when there is nothing
};

/// What is kept for one destination and holds the journal back.
struct Holder {
  std::string tenant;
  std::string name;
  uint64_t deliveries = 0;  ///< with rows: retries, held, kept
  uint64_t bytes = 0;       ///< of these, and about what lies behind its cursor
  base::WallTime since{};   ///< acceptance of the oldest event that it needs
};

/// What is parked of one group.
struct GroupState {
  GroupId group = 0;
  uint64_t timed = 0;  ///< rows that wait for a time and hold deliveries of it
  uint64_t held = 0;   ///< rows at HeldDue(group)
  bool stuck = false;  ///< it has a mark at HeldDue(0)
};

/// Holders that are told of.
inline constexpr size_t kMaxHolders = 10;

/// What the store knows of a destination.
struct LaneState {
  LaneId lane = 0;
  /// The destination wants events from here on: it was not there before.
  uint64_t since = 1;
  std::optional<uint64_t> cursor;  ///< set: it had fallen behind; next position to look at
  uint64_t parked = 0;             ///< number of parked deliveries (marks at HeldDue(0) are none)
  uint64_t kept = 0;               ///< of these, rows at kKeptDue
  std::optional<base::WallTime> next_due;  ///< lowest before kFirstHeldDue
  std::vector<GroupState> groups;          ///< those that have parked rows, ascending
  Health health;
};

struct LaneName {
  std::string tenant;
  std::string name;
  friend bool operator==(const LaneName&, const LaneName&) = default;
};

/// A destination that the store knows and nobody opened since the start, and what it had left.
/// Which events it wanted is not known any more: only rows are counted.
struct UnopenedLane {
  LaneName name;
  /// By a process that ended before it was done with that; its name may be in use again.
  bool taken_out = false;
  uint64_t parked = 0;  ///< deliveries that have rows
  /// It may have wanted events from `from` to `last`, which were not settled for it; from above
  /// last: there are none.
  uint64_t from = 1;
  uint64_t last = 0;
};

/// What a shard reads at start.
struct Recovered {
  uint64_t watermark = 0;      ///< see `Settlement::watermark`: its shard reads on from here
  uint64_t last_position = 0;  ///< 0 when the journal is empty
};

/// Takes committed events, in order, without gaps. Called on the journal's thread; must not block.
class Consumer {
 public:
  virtual ~Consumer() = default;
  virtual void OnCommitted(const EventBatchPtr& batch) = 0;
};

/// The durable, ordered record of every accepted event, and of what became of it.
///
/// Thread-safe; no call blocks but `Open` (of the implementation) and `Stop`. Callbacks come on
/// threads of the journal, which do nothing else meanwhile: they hand on, and must not block.
/// Events are committed in groups: all that wait share one sync. Consumers are told before
/// publishers are answered.
class Journal {
 public:
  virtual ~Journal() = default;

  virtual Recovered recovered() const = 0;

  /// One for each shard; before `Start`. Not owned; must outlive `Stop`.
  virtual void AddConsumer(Consumer* consumer) = 0;
  virtual void Start() = 0;

  /// Stores the events, all or none. Ids seen inside the deduplication window are not stored
  /// again. When more than the bound waits for the disk, or free space is under its mark, `done`
  /// is called at once, on this thread, with RESOURCE_EXHAUSTED.
  virtual void Append(std::vector<std::shared_ptr<model::Event>> events, AppendDone done) = 0;

  /// Writes a shard's settlement with the next group commit; `done` when durable. While the disk is
  /// full it waits (and `done` with it): bound what is outstanding. Settlements of one shard are
  /// applied in order. `done` never comes when the journal fails, or is handed this after `Stop`.
  virtual void Settle(Settlement settlement, absl::AnyInvocable<void()> done) = 0;

  /// Events from position `from` on, at most about `max_bytes` and at least one if there is one.
  /// Positions that were removed by retention are skipped, so a batch may have gaps; it is empty
  /// when there is nothing at or above `from`. Only committed events are returned. A caller has one
  /// read and one `TakeDue` under way for each lane: that bounds what waits here.
  virtual void Read(uint64_t from, size_t max_bytes,
                    absl::AnyInvocable<void(EventBatchPtr)> done) = 0;

  /// Parked rows of `lane` due at or before `until` (and before kFirstHeldDue), at most `limit`,
  /// lowest (due, position) first, and with about 8 MiB of events at most: fewer than `limit` does
  /// not mean that no more is due, `next_due` tells. Only what is committed: a row whose unparking
  /// is under way may still be returned.
  virtual void TakeDue(LaneId lane, base::WallTime until, size_t limit,
                       absl::AnyInvocable<void(DueDeliveries)> done) = 0;

  /// Rows of `lane` at HeldDue(group), lowest position first, at most `limit`, and with about 8 MiB
  /// of events at most; `next_due` is set when there are more. Otherwise as `TakeDue`.
  virtual void TakeHeld(LaneId lane, GroupId group, size_t limit,
                        absl::AnyInvocable<void(DueDeliveries)> done) = 0;

  /// Rows of `lane` at kKeptDue from position `from` on, lowest first; otherwise as `TakeHeld`.
  virtual void TakeKept(LaneId lane, uint64_t from, size_t limit,
                        absl::AnyInvocable<void(DueDeliveries)> done) = 0;

  /// Parked rows of `lane` (no marks) at positions up to `up_to`, from `from` on, at most `limit`;
  /// maybe none though there are more: `next` tells. Only what is committed.
  virtual void ListParked(LaneId lane, uint64_t up_to, ParkedKey from, size_t limit,
                          absl::AnyInvocable<void(ParkedPage)> done) = 0;

  /// Any thread; cheap enough to be asked several times a second.
  virtual Demand demand() const = 0;

  /// What was settled before the restart though its event is read again (it is above the watermark,
  /// or at or above the lane's cursor): by an attempt, held behind others, or dead without any.
  /// Any thread, never blocks.
  virtual bool WasSettled(uint64_t position, LaneId lane) const = 0;

  /// Looks destinations up, and adds those that are new (wanting events from the next position
  /// on). Results in the order of `names`. `done` comes on the journal's thread, between two
  /// calls of `OnCommitted`: what came before it is below `since` of the lanes that are new.
  virtual void OpenLanes(std::vector<LaneName> names,
                         absl::AnyInvocable<void(absl::StatusOr<std::vector<LaneState>>)> done) = 0;

  /// Marks what is open under these names as taken out, in one transaction: from then on, whenever
  /// the process dies, a name that comes back gets a new lane, and the next start does what
  /// `CloseLanes` had not done. Until `CloseLanes` the lane is served as before, but its cursor and
  /// health are not written any more. For a change of the configuration that every shard is ready
  /// for, before it is in force on one. `done` on the journal's thread, when the mark is durable;
  /// on a full disk before that: then every later transaction writes it first, so that whatever of
  /// the change is durable, the mark is. Not OK: the journal failed or was stopped.
  virtual void TakeOut(std::vector<LaneName> names,
                       absl::AnyInvocable<void(absl::Status)> done) = 0;

  /// Forgets lanes, marked or not: their parked deliveries become dead (`cancelled`), in bounded
  /// steps. A name that comes back gets a new lane.
  virtual void CloseLanes(std::vector<LaneId> lanes) = 0;

  /// Does both to every lane that nobody opened since the start, and closes those that were marked
  /// before it. Once, when all configured destinations were opened and before anything is settled.
  /// `done` as of `TakeOut`, with those that had something left.
  virtual void CloseUnopenedLanes(
      absl::AnyInvocable<void(absl::StatusOr<std::vector<UnopenedLane>>)> done) = 0;

  /// Refuses new events with UNAVAILABLE, writes what was handed over, ends the threads.
  virtual void Stop() = 0;

  struct Stats {
    uint64_t last_position = 0;
    uint64_t watermark = 0;      ///< the lowest of all shards
    uint64_t floor = 0;          ///< at and below it every event is settled for every lane
    uint64_t waiting_bytes = 0;  ///< events waiting for the disk
    uint64_t free_bytes = 0;     ///< of the file system
    /// The least of it with which events are accepted; 0: there is no such bound.
    uint64_t min_free_bytes = 0;
    uint64_t stored_bytes = 0;  ///< the store's files
    uint64_t deduplication_ids = 0;
    uint64_t dead = 0;             ///< dead deliveries kept
    uint64_t kept_deliveries = 0;  ///< that have rows: they wait for a retry, or are held or kept
    uint64_t kept_bytes = 0;       ///< of the events of these
    /// Those for which most is kept, at most `kMaxHolders`, most first.
    std::vector<Holder> holders;
    bool accepting = true;  ///< false when publishing is refused for want of space
  };
  virtual Stats stats() const = 0;
};

}  // namespace carillon::journal
