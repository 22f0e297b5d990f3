#pragma once

#include <cstdint>
#include <vector>

#include "carillon/store/event_log.h"
#include "carillon/store/lane_state.h"
#include "carillon/store/parked.h"
#include "dead_letters.h"
#include "lane_journal.h"
#include "lane_scheduler.h"
#include "router.h"

namespace carillon::delivery {

/// Serves the lanes that fell behind, from journal reads: in turn (LaneNeed::kBacklog), a few reads
/// at a time. What one lane asked for is offered to those that wait at about the same place too, so
/// that lanes that fell behind together share reads, events and encoded bodies. What a lane kept
/// comes first, and is its own. Dispatcher's thread.
class Backlog {
 public:
  Backlog(LaneJournal& journal, LaneScheduler& scheduler, HeldEvents& held, const Router& router,
          DeadLetters& dead)
      : journal_(journal), scheduler_(scheduler), held_(held), router_(router), dead_(dead) {}

  /// Starts reads for those whose turn it is.
  void Run();

 private:
  static constexpr int kReads = 2;
  static constexpr size_t kSharers = 16;
  static constexpr size_t kKeptRows = 128;  // of one read

  /// The answer for one lane, which asked for what its first position covers; null: it is gone.
  void OnRead(Lane* asked, const store::EventBatch& batch, Lane::Reading reading);
  void Serve(Lane& lane, const store::EventBatch& batch);
  void AskForKept(Lane& lane, Lane::Reading reading);
  void OnKept(Lane& lane, uint64_t from, const store::DueDeliveries& answer);

  LaneJournal& journal_;
  LaneScheduler& scheduler_;
  HeldEvents& held_;
  const Router& router_;
  DeadLetters& dead_;
  int reads_ = 0;
  std::vector<HeldRef> shared_;  // of the batch being served
};

}  // namespace carillon::delivery
