#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "carillon/store/demand.h"
#include "carillon/store/event_log.h"
#include "carillon/store/lane_state.h"
#include "evictor.h"
#include "lane_map.h"
#include "lane_scheduler.h"
#include "ring_queue.h"
#include "router.h"
#include "sender.h"
#include "settlement_buffer.h"
#include "shard_journal.h"

namespace carillon::delivery {

/// Moves the cursors of lanes that are behind above what is to leave the journal: what such a lane
/// wants of it is written as rows of its own, and kept, or evicted where it is too old for that. A
/// few reads at a time. Dispatcher's thread; what is given outlives it.
class CursorMover {
 public:
  /// `on_read`: lanes may have got further.
  CursorMover(ShardJournal& journal, LaneMap& lanes, LaneScheduler& scheduler, const Router& router,
              const Sender& sender, SettlementBuffer& settlements, Evictor& evictor,
              std::function<void()> on_read);

  /// What the journal asks for, now and then.
  void Follow(const store::Demand& demand);
  /// Reads on for lanes that move.
  void Run();

 private:
  static constexpr int kReads = 2;

  struct Move {
    store::LaneId lane = 0;
    std::optional<Lane::Reading> reading;  // always set, but in what was moved from
  };

  /// Has the lane move its cursor, if that is too low.
  void Start(Lane& lane);
  void OnRead(Move move, uint64_t leave_to, const store::EventBatch& batch);
  void KeepOrEvict(Lane& lane, const model::Event& event);

  ShardJournal& journal_;
  LaneMap& lanes_;
  LaneScheduler& scheduler_;
  const Router& router_;
  const Sender& sender_;
  SettlementBuffer& settlements_;
  Evictor& evictor_;
  const std::function<void()> on_read_;
  store::Demand demand_;    // as of the last call
  RingQueue<Move> moving_;  // their cursors move on
  int reads_ = 0;           // under way
};

}  // namespace carillon::delivery
