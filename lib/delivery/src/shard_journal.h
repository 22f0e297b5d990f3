#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "callback_binder.h"
#include "carillon/journal/journal.h"

namespace carillon::delivery {

/// The journal as one shard uses it: what it is asked for is answered on the dispatcher's thread,
/// by a call of the task that was given with the question; by none when the dispatcher is gone.
/// Dispatcher's thread; what is given outlives it.
class ShardJournal {
 public:
  /// `read_bytes`: about what one read brings.
  ShardJournal(journal::Journal& journal, const CallbackBinder& callbacks, size_t read_bytes)
      : journal_(journal), callbacks_(callbacks), read_bytes_(read_bytes) {}

  journal::Recovered recovered() const { return journal_.recovered(); }
  journal::Demand demand() const { return journal_.demand(); }
  bool WasSettled(uint64_t position, journal::LaneId lane) const {
    return journal_.WasSettled(position, lane);
  }

  /// Events from `from` on: `task(journal::EventBatchPtr)`, which is never null.
  template <typename Task>
  void Read(uint64_t from, Task task) {
    journal_.Read(from, read_bytes_,
                  callbacks_.Bind<journal::EventBatchPtr>(
                      [task = std::move(task)](journal::EventBatchPtr batch) mutable {
                        if (batch == nullptr) batch = std::make_shared<journal::EventBatch>();
                        task(std::move(batch));
                      }));
  }

  // --- Rows: `task(const journal::DueDeliveries&)`; see journal::Journal.

  template <typename Task>
  void TakeDue(journal::LaneId lane, base::WallTime until, size_t limit, Task task) {
    journal_.TakeDue(lane, until, limit, callbacks_.Bind<journal::DueDeliveries>(std::move(task)));
  }
  template <typename Task>
  void TakeHeld(journal::LaneId lane, journal::GroupId group, size_t limit, Task task) {
    journal_.TakeHeld(lane, group, limit, callbacks_.Bind<journal::DueDeliveries>(std::move(task)));
  }
  template <typename Task>
  void TakeKept(journal::LaneId lane, uint64_t from, size_t limit, Task task) {
    journal_.TakeKept(lane, from, limit, callbacks_.Bind<journal::DueDeliveries>(std::move(task)));
  }
  /// `task(const journal::ParkedPage&)`.
  template <typename Task>
  void ListParked(journal::LaneId lane, uint64_t up_to, const journal::ParkedKey& from,
                  size_t limit, Task task) {
    journal_.ListParked(lane, up_to, from, limit,
                        callbacks_.Bind<journal::ParkedPage>(std::move(task)));
  }

  /// `task()`: it is durable.
  template <typename Task>
  void Settle(journal::Settlement settlement, Task task) {
    journal_.Settle(std::move(settlement), callbacks_.Bind<>(std::move(task)));
  }

  /// `task(const absl::StatusOr<std::vector<journal::LaneState>>&)`.
  template <typename Task>
  void OpenLanes(std::vector<journal::LaneName> names, Task task) {
    using Opened = absl::StatusOr<std::vector<journal::LaneState>>;
    journal_.OpenLanes(std::move(names), callbacks_.Bind<Opened>(std::move(task)));
  }
  void CloseLanes(std::vector<journal::LaneId> lanes) { journal_.CloseLanes(std::move(lanes)); }

 private:
  journal::Journal& journal_;
  const CallbackBinder& callbacks_;
  const size_t read_bytes_;
};

}  // namespace carillon::delivery
