#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "attempts.h"
#include "carillon/store/lane_state.h"
#include "carillon/store/parked.h"
#include "dead_letters.h"
#include "held_event.h"
#include "lane_map.h"
#include "lane_scheduler.h"
#include "retry_clock.h"
#include "settlement_buffer.h"
#include "shard_journal.h"

namespace carillon::delivery {

/// Brings parked deliveries back from the journal to their lanes: those whose time has come, those
/// that were held in a group whose way is free; and asks for the marks of groups that are stuck,
/// to let those go on that may. A few requests at a time, for the lanes in the scheduler's order.
/// Dispatcher's thread; what is given outlives it.
class ParkedFetcher {
 public:
  /// `on_answer`: lanes may have something to send.
  ParkedFetcher(size_t max_memory_bytes, ShardJournal& journal, LaneMap& lanes,
                LaneScheduler& scheduler, HeldEvents& held, RetryClock& clock,
                SettlementBuffer& settlements, DeadLetters& dead, std::function<void()> on_answer);

  /// There is memory for what may come.
  void AskForDue();
  void AskForHeld();
  /// Needs none.
  void AskForMarks();
  /// No more is asked for until an answer comes.
  bool Busy() const { return asks_ > 0; }

 private:
  static constexpr int kAsks = 4;  // under way at once

  void OnDue(store::LaneId id, const store::DueDeliveries& answer, RetryQueue::Asking asking);
  DeliveryBatch BatchOf(const store::DueDelivery& row);
  void TakeApart(Lane& lane, store::Parked batch);
  void OnHeld(store::LaneId id, store::GroupId group, const store::DueDeliveries& answer);
  static bool Passes(const Lane& lane, uint32_t generation);
  void OnMarks(store::LaneId id, const store::DueDeliveries& answer);

  const size_t ask_bytes_;
  ShardJournal& journal_;
  LaneMap& lanes_;
  LaneScheduler& scheduler_;
  HeldEvents& held_;
  RetryClock& clock_;
  SettlementBuffer& settlements_;
  DeadLetters& dead_;
  const std::function<void()> on_answer_;
  int asks_ = 0;
};

}  // namespace carillon::delivery
