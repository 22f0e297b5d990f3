#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "callback_binder.h"
#include "carillon/delivery/dispatcher.h"
#include "carillon/routing/routing_table.h"
#include "carillon/store/lane_state.h"
#include "lane_binder.h"
#include "shard_journal.h"
#include "table_in_force.h"

namespace carillon::delivery {

/// Takes tables into force in two steps, one after another: `Prepare` does all that may fail, then
/// the caller says whether the table comes in force. Dispatcher's thread; what is given outlives
/// it.
class TableChanges {
 public:
  using Ready = absl::AnyInvocable<void(absl::Status)>;

  /// `on_end`: a change is over, and routing may go on.
  TableChanges(ShardJournal& journal, const CallbackBinder& callbacks, const TableInForce& routes,
               LaneBinder& binder, std::function<void()> on_end)
      : journal_(journal),
        callbacks_(callbacks),
        routes_(routes),
        binder_(binder),
        on_end_(std::move(on_end)) {}

  /// See Dispatcher::PrepareTable.
  void Prepare(NextTable next, Ready ready);
  /// See Dispatcher::CommitTable.
  void Commit(base::MonoTime now);
  /// See Dispatcher::DiscardTable.
  void Discard();
  /// A change is under way. Nothing may be routed, so that a lane that is new misses nothing.
  bool Busy() const { return changing_; }
  /// The process ends: what is not ready yet fails.
  void Stop();

 private:
  struct Change {
    NextTable next;
    BoundTable bound;  // once it was begun
    Ready ready;
  };

  void BeginNext();
  /// Finds the lanes; returns the names of those that are new. Fails without an effect.
  absl::StatusOr<std::vector<store::LaneName>> FindLanes(Change& change) const;
  /// The lane that stands there; null: the destination is new.
  Lane* LaneOf(const model::Destination& destination, uint32_t place) const;
  void OnOpened(Change change, const absl::StatusOr<std::vector<store::LaneState>>& opened);
  void SetReady(Change change);
  void End();

  ShardJournal& journal_;
  const CallbackBinder& callbacks_;
  const TableInForce& routes_;
  LaneBinder& binder_;
  const std::function<void()> on_end_;
  std::deque<Change> waiting_;
  std::optional<BoundTable> prepared_;  // to be committed or discarded
  bool changing_ = false;
  bool stopped_ = false;
};

}  // namespace carillon::delivery
