#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/delivery/purge_order.h"
#include "lane.h"
#include "lane_scheduler.h"
#include "parked_row_finder.h"
#include "purge_walks.h"
#include "table_in_force.h"
#include "waiting_remover.h"

namespace carillon::delivery {

/// Does what a PurgeOrder says: a step of a walk is made by PurgeWalks; of those that are named it
/// finds the rows, and has groups go on that are stuck behind dead ones. Dispatcher's thread; what
/// is given outlives it.
class Purger {
 public:
  using Done = PurgeWalks::Done;

  Purger(const TableInForce& routes, LaneScheduler& scheduler, ParkedRowFinder& finder,
         WaitingRemover& remover, PurgeWalks& walks)
      : routes_(routes), scheduler_(scheduler), finder_(finder), remover_(remover), walks_(walks) {}

  /// See Dispatcher::Purge.
  void Run(const PurgeOrder& order, Done done);
  /// What waits for something may go on now.
  void GoOn();

 private:
  struct Named;
  using NamedPtr = std::shared_ptr<Named>;

  void FindNext(Lane& lane, const NamedPtr& named);
  void OnRow(Lane& lane, Named& named, const store::Parked& row);
  void LetPass(Lane& lane, const NamedPtr& named);
  bool HavePassed(const NamedPtr& named);

  const TableInForce& routes_;
  LaneScheduler& scheduler_;
  ParkedRowFinder& finder_;
  WaitingRemover& remover_;
  PurgeWalks& walks_;
  std::vector<NamedPtr> passing_;  // wait for the marks of their groups
};

}  // namespace carillon::delivery
