#pragma once

#include <cstddef>
#include <cstdint>

#include "attempts.h"
#include "carillon/store/lane_state.h"
#include "carillon/store/parked.h"
#include "dead_letters.h"
#include "held_event.h"
#include "lane_journal.h"
#include "lane_scheduler.h"
#include "parked_rows.h"

namespace carillon::delivery {

/// Brings parked deliveries back from the journal to their lanes: those whose time has come, those
/// that were held in a group whose way is free; and asks for the marks of groups that are stuck,
/// to let those go on that may. A few requests at a time, for the lanes in the scheduler's order.
/// Dispatcher's thread; what is given outlives it.
class ParkedFetcher {
 public:
  ParkedFetcher(size_t max_memory_bytes, LaneJournal& journal, LaneScheduler& scheduler,
                HeldEvents& held, ParkedRows& rows, DeadLetters& dead);

  /// There is memory for what may come. `now`: by the clock that retries are due by.
  void AskForDue(base::WallTime now);
  void AskForHeld();
  /// Needs none.
  void AskForMarks();
  /// No more is asked for until an answer comes.
  bool Busy() const { return asks_ > 0; }

 private:
  static constexpr int kAsks = 4;  // under way at once

  /// It was asked for at `asked_at`.
  void OnDue(Lane& lane, base::WallTime asked_at, const store::DueDeliveries& answer);
  DeliveryBatch BatchOf(const store::DueDelivery& row);
  void OnHeld(Lane& lane, Groups::Ask ask, const store::DueDeliveries& answer);
  static bool Passes(const Lane& lane, const store::Parked& mark);
  void OnMarks(Lane& lane, StuckMarks::Asking asking, const store::DueDeliveries& answer);

  const size_t ask_bytes_;
  LaneJournal& journal_;
  LaneScheduler& scheduler_;
  HeldEvents& held_;
  ParkedRows& rows_;
  DeadLetters& dead_;
  int asks_ = 0;
};

}  // namespace carillon::delivery
