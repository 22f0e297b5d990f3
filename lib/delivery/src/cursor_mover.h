#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "carillon/store/demand.h"
#include "carillon/store/event_log.h"
#include "carillon/store/lane_state.h"
#include "evictor.h"
#include "lane_journal.h"
#include "lane_map.h"
#include "lane_scheduler.h"
#include "ring_queue.h"
#include "router.h"

namespace carillon::delivery {

/// Moves the cursors of lanes that are behind above what is to leave the journal: what such a lane
/// wants of it is written as rows of its own, and kept, or evicted where it is too old for that. A
/// few reads at a time. Dispatcher's thread; what is given outlives it.
class CursorMover {
 public:
  CursorMover(LaneJournal& journal, LaneMap& lanes, LaneScheduler& scheduler, const Router& router,
              Evictor& evictor)
      : journal_(journal),
        lanes_(lanes),
        scheduler_(scheduler),
        router_(router),
        evictor_(evictor) {}

  /// What the journal asks for, now and then.
  void Follow(const store::Demand& demand);
  /// Reads on for lanes that move; there is room for their rows.
  void Run();

 private:
  static constexpr int kReads = 2;

  struct Move {
    store::LaneId lane = 0;
    std::optional<Lane::Reading> reading;  // always set, but in what was moved from
  };

  /// Has the lane move its cursor, if that is too low.
  void Start(Lane& lane);
  void OnRead(Lane& lane, Move move, uint64_t leave_to, const store::EventBatch& batch);

  LaneJournal& journal_;
  LaneMap& lanes_;
  LaneScheduler& scheduler_;
  const Router& router_;
  Evictor& evictor_;
  store::Demand demand_;    // as of the last call
  RingQueue<Move> moving_;  // their cursors move on
  int reads_ = 0;           // under way
};

}  // namespace carillon::delivery
