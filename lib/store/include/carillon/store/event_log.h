#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/model/event.h"

namespace carillon::store {

/// Events, positions ascending.
using Events = std::vector<model::EventPtr>;

/// What the log has at the positions from `first` to `last`, both included: these events, and at
/// the others none, nor will there ever be one. Positions are not given one after another by every
/// store, and retention removes events.
struct EventBatch {
  Events events;
  uint64_t first = 1;
  uint64_t last = 0;  ///< below `first`: nothing is known
};
using EventBatchPtr = std::shared_ptr<const EventBatch>;

/// What became of one appended event.
struct Appended {
  uint64_t position = 0;  ///< of the first, when it is a duplicate
  bool duplicate = false;
};

/// Called once. Errors: RESOURCE_EXHAUSTED (nothing stored; try later), UNAVAILABLE (stopping,
/// or the store failed: stored or not is not known); `RefusalOf` says more.
using AppendDone = absl::AnyInvocable<void(absl::StatusOr<std::vector<Appended>>)>;

/// Follows what is committed. Called on a thread of the store; must not block.
class Consumer {
 public:
  virtual ~Consumer() = default;
  /// Called once, before `EventLog::AddConsumer` returns: the events up to position `last` are
  /// committed and can be read. All others come by `OnCommitted`.
  virtual void OnJoined(uint64_t last) = 0;
  /// In the order of the log, each once. A batch begins where the one before ended, the first
  /// where `OnJoined` said; it may hold no event.
  virtual void OnCommitted(const EventBatchPtr& batch) = 0;
};

/// The durable, ordered record of every accepted event. One for all shards.
///
/// Thread-safe; no call blocks but `Stop` and `RemoveConsumer`. Callbacks come on threads of the
/// store, which do nothing else meanwhile: they hand on, and must not block. Consumers are told of
/// events before their publishers are answered.
class EventLog {
 public:
  virtual ~EventLog() = default;

  /// From now on the consumer is told of what is committed. It is not owned, and stays until it
  /// was removed or `Stop` returned.
  virtual void AddConsumer(Consumer* consumer) = 0;
  /// When it returns the consumer is not told any more; it waits for a call that is under way, so
  /// it must not be called by the consumer. Does nothing for one that was not added.
  virtual void RemoveConsumer(Consumer* consumer) = 0;

  /// Stores the events, all or none. Ids seen inside the deduplication window are not stored
  /// again. When more than the bound waits to be durable, or there is too little room, `done` is
  /// called at once, on this thread, with RESOURCE_EXHAUSTED.
  virtual void Append(std::vector<std::shared_ptr<model::Event>> events, AppendDone done) = 0;

  /// Events from position `from` on, at most about `max_bytes` and at least one if there is one.
  /// The batch begins at `from` and covers it where the log has come so far; when it brings no more
  /// for want of events, it covers all that is committed, at least what consumers were told of
  /// before. A caller has one read and one `ShardStore::TakeDue` under way for each lane: that
  /// bounds what waits here.
  virtual void Read(uint64_t from, size_t max_bytes,
                    absl::AnyInvocable<void(EventBatchPtr)> done) = 0;

  /// Refuses new events with UNAVAILABLE, writes what was handed over, settlements too; ends the
  /// threads of the store.
  virtual void Stop() = 0;

  struct LogStats {
    uint64_t last_position = 0;
    uint64_t waiting_bytes = 0;  ///< of events that wait to be durable
    uint64_t deduplication_ids = 0;
    bool accepting = true;  ///< false when publishing is refused for want of room
  };
  /// Any thread; cheap enough to be asked several times a second.
  virtual LogStats log_stats() const = 0;
};

}  // namespace carillon::store
