#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "callback_binder.h"
#include "carillon/store/stores.h"

namespace carillon::delivery {

/// The store as the owner of one shard uses it: what it is asked for is answered on the
/// dispatcher's thread, by a call of the task that was given with the question; by none when the
/// dispatcher is gone. Dispatcher's thread; what is given outlives it.
class ShardJournal {
 public:
  /// `read_bytes`: about what one read brings.
  ShardJournal(store::Stores stores, store::ShardId shard, store::ShardState state,
               const CallbackBinder& callbacks, size_t read_bytes)
      : stores_(stores),
        shard_(shard),
        state_(std::move(state)),
        callbacks_(callbacks),
        read_bytes_(read_bytes) {}

  /// What the owner began with.
  const store::ShardState& state() const { return state_; }
  store::Demand demand() const { return stores_.shards.demand(); }
  size_t max_outstanding() const { return stores_.shards.max_outstanding(); }

  /// Events from `from` on: `task(const store::EventBatchPtr&)`, which is never null.
  template <typename Task>
  void Read(uint64_t from, Task task) {
    stores_.events.Read(from, read_bytes_, callbacks_.Bind<store::EventBatchPtr>(std::move(task)));
  }

  /// The same, with about `bytes` of events.
  template <typename Task>
  void Read(uint64_t from, size_t bytes, Task task) {
    stores_.events.Read(from, bytes, callbacks_.Bind<store::EventBatchPtr>(std::move(task)));
  }

  // --- Rows: `task(const store::DueDeliveries&)`; see store::ShardStore.

  template <typename Task>
  void TakeDue(store::LaneId lane, base::WallTime until, size_t limit, Task task) {
    stores_.shards.TakeDue(lane, until, limit,
                           callbacks_.Bind<store::DueDeliveries>(std::move(task)));
  }
  template <typename Task>
  void TakeHeld(store::LaneId lane, store::GroupId group, size_t limit, Task task) {
    stores_.shards.TakeHeld(lane, group, limit,
                            callbacks_.Bind<store::DueDeliveries>(std::move(task)));
  }
  template <typename Task>
  void TakeKept(store::LaneId lane, uint64_t from, size_t limit, Task task) {
    stores_.shards.TakeKept(lane, from, limit,
                            callbacks_.Bind<store::DueDeliveries>(std::move(task)));
  }
  /// `task(const store::ParkedPage&)`.
  template <typename Task>
  void ListParked(store::LaneId lane, uint64_t up_to, const store::ParkedKey& from, size_t limit,
                  Task task) {
    stores_.shards.ListParked(lane, up_to, from, limit,
                              callbacks_.Bind<store::ParkedPage>(std::move(task)));
  }

  /// `task(const absl::Status&)`; see store::ShardStore.
  template <typename Task>
  void Settle(store::Settlement settlement, Task task) {
    settlement.shard = shard_;
    settlement.epoch = state_.epoch;
    stores_.shards.Settle(std::move(settlement), callbacks_.Bind<absl::Status>(std::move(task)));
  }

  /// `task(const absl::StatusOr<std::vector<store::LaneState>>&)`.
  template <typename Task>
  void OpenLanes(std::vector<store::LaneName> names, Task task) {
    using Opened = absl::StatusOr<std::vector<store::LaneState>>;
    stores_.lanes.OpenLanes(shard_, std::move(names), callbacks_.Bind<Opened>(std::move(task)));
  }
  void CloseLanes(std::vector<store::LaneId> lanes) {
    stores_.lanes.CloseLanes({.shard = shard_, .epoch = state_.epoch, .lanes = std::move(lanes)});
  }

 private:
  const store::Stores stores_;
  const store::ShardId shard_;
  const store::ShardState state_;
  const CallbackBinder& callbacks_;
  const size_t read_bytes_;
};

}  // namespace carillon::delivery
