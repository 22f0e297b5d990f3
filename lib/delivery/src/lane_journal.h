#pragma once

#include <functional>
#include <utility>

#include "carillon/store/event_log.h"
#include "carillon/store/parked.h"
#include "lane_map.h"
#include "lane_scheduler.h"
#include "shard_journal.h"

namespace carillon::delivery {

/// The store, asked on behalf of single lanes. An answer finds its lane: `task(Lane*, const
/// Answer&)`, where the lane is null when it is gone, and may be closing. After the task the lane
/// is listed anew, and `on_answer` called. Dispatcher's thread; what is given outlives it.
class LaneJournal {
 public:
  /// `on_answer`: lanes may have something to send, and memory may be free.
  LaneJournal(ShardJournal& journal, LaneMap& lanes, LaneScheduler& scheduler,
              std::function<void()> on_answer)
      : journal_(journal), lanes_(lanes), scheduler_(scheduler), on_answer_(std::move(on_answer)) {}

  /// Events from `from` on: a store::EventBatchPtr that is not null.
  template <typename Task>
  void Read(const Lane& lane, uint64_t from, Task task) {
    journal_.Read(from, For<store::EventBatchPtr>(lane, std::move(task)));
  }
  /// The same, with about `bytes` of events.
  template <typename Task>
  void Read(const Lane& lane, uint64_t from, size_t bytes, Task task) {
    journal_.Read(from, bytes, For<store::EventBatchPtr>(lane, std::move(task)));
  }
  /// Rows: store::DueDeliveries, see store::ShardStore.
  template <typename Task>
  void TakeDue(const Lane& lane, base::WallTime until, size_t limit, Task task) {
    journal_.TakeDue(lane.id(), until, limit, For<store::DueDeliveries>(lane, std::move(task)));
  }
  template <typename Task>
  void TakeHeld(const Lane& lane, store::GroupId group, size_t limit, Task task) {
    journal_.TakeHeld(lane.id(), group, limit, For<store::DueDeliveries>(lane, std::move(task)));
  }
  template <typename Task>
  void TakeKept(const Lane& lane, uint64_t from, size_t limit, Task task) {
    journal_.TakeKept(lane.id(), from, limit, For<store::DueDeliveries>(lane, std::move(task)));
  }
  /// A store::ParkedPage.
  template <typename Task>
  void ListParked(const Lane& lane, uint64_t up_to, const store::ParkedKey& from, size_t limit,
                  Task task) {
    journal_.ListParked(lane.id(), up_to, from, limit,
                        For<store::ParkedPage>(lane, std::move(task)));
  }

  /// Nothing is begun any more: answers that are under way, or asked for from now on, are dropped.
  void Stop() { stopped_ = true; }

 private:
  template <typename Answer, typename Task>
  auto For(const Lane& lane, Task task) {
    return [this, id = lane.id(), task = std::move(task)](const Answer& answer) mutable {
      if (stopped_) return;
      Lane* const found = lanes_.Find(id);
      task(found, answer);
      if (found != nullptr) scheduler_.Touched(*found);
      on_answer_();
    };
  }

  ShardJournal& journal_;
  LaneMap& lanes_;
  LaneScheduler& scheduler_;
  const std::function<void()> on_answer_;
  bool stopped_ = false;
};

}  // namespace carillon::delivery
