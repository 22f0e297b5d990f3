#pragma once

#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/delivery/purge_order.h"
#include "carillon/store/event_log.h"
#include "lane.h"
#include "lane_journal.h"
#include "lane_map.h"
#include "lane_scheduler.h"
#include "ring_queue.h"
#include "router.h"
#include "waiting_remover.h"

namespace carillon::delivery {

/// Walks through what waits at a destination, a step at a time, and gives up what is meant of it.
/// What the lane has in memory goes back to the journal first. Then comes what lies behind its
/// cursor: what is meant is skipped from then on, and the cursor moves on as long as everything
/// was. At last its rows are listed. What is in flight, or comes back to be sent meanwhile, is
/// left. One step at a time; a lane that is being read for is waited for. Dispatcher's thread; what
/// is given outlives it.
class PurgeWalks {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<PurgeResult>)>;

  PurgeWalks(LaneMap& lanes, LaneScheduler& scheduler, LaneJournal& journal, const Router& router,
             WaitingRemover& remover)
      : lanes_(lanes),
        scheduler_(scheduler),
        journal_(journal),
        router_(router),
        remover_(remover) {}

  /// A step of the order. `done`, once, when it is durable.
  void Add(const Lane& lane, const PurgeOrder& order, Done done);
  /// Begins the next that may begin.
  void Run();

 private:
  struct Walk;
  using WalkPtr = std::shared_ptr<Walk>;

  void Begin(Lane& lane, const WalkPtr& walk);
  void ReadOn(Lane& lane, const WalkPtr& walk);
  void OnRead(Lane& lane, const WalkPtr& walk, const store::EventBatch& batch);
  bool LookAt(Lane& lane, Walk& walk, const model::Event& event);
  void EndReading(Lane& lane, const WalkPtr& walk);
  void AskForRows(Lane& lane, const WalkPtr& walk);
  void LoadEvents(Lane& lane, const WalkPtr& walk);
  void LookAtRows(Lane& lane, const WalkPtr& walk);
  bool RemoveFrom(Lane& lane, Walk& walk, const store::Parked& row,
                  const std::vector<bool>& wanted);
  void Answer(const WalkPtr& walk);
  void End(const WalkPtr& walk, absl::StatusOr<PurgeResult> result);

  LaneMap& lanes_;
  LaneScheduler& scheduler_;
  LaneJournal& journal_;
  const Router& router_;
  WaitingRemover& remover_;
  RingQueue<WalkPtr> waiting_;
  bool under_way_ = false;
};

}  // namespace carillon::delivery
