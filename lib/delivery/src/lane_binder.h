#pragma once

#include <memory>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/http/courier.h"
#include "carillon/net/url.h"
#include "carillon/routing/routing_table.h"
#include "carillon/store/lane_state.h"
#include "dead_letters.h"
#include "evictor.h"
#include "health_keeper.h"
#include "lane_maker.h"
#include "lane_scheduler.h"
#include "removal.h"
#include "table_in_force.h"

namespace carillon::delivery {

/// A place of a table that can come in force.
struct BoundPlace {
  uint32_t place = 0;
  bool taken = false;    ///< there is a destination
  net::Url url;          ///< of it
  Lane* lane = nullptr;  ///< of it; null: it is new
};

/// A table that can come in force, and what stands at the places where it is another than the one
/// before.
struct BoundTable {
  std::shared_ptr<const routing::RoutingTable> table;
  std::vector<BoundPlace> places;
  std::vector<store::LaneState> opened;  ///< of those that are new, in their order
};

/// Closes the lanes of destinations that are gone. Dispatcher's thread; what is given outlives it.
class LaneCloser {
 public:
  LaneCloser(http::Courier& courier, LaneScheduler& scheduler, DeadLetters& dead,
             Removals& removals, Evictor& evictor)
      : courier_(courier),
        scheduler_(scheduler),
        dead_(dead),
        removals_(removals),
        evictor_(evictor) {}

  /// What waits is dead; what is in flight ends as cancelled, and then the lane. `last`: the last
  /// table that has its destination.
  void Close(Lane& lane, const std::shared_ptr<const routing::RoutingTable>& last);

 private:
  http::Courier& courier_;
  LaneScheduler& scheduler_;
  DeadLetters& dead_;
  Removals& removals_;
  Evictor& evictor_;
};

/// Puts tables in force: gives each destination that is new or another its lane, has lanes made for
/// those that are new and closed for those that are gone. Lanes at other places are not looked at.
/// Dispatcher's thread; what is given outlives it.
class LaneBinder {
 public:
  LaneBinder(LaneScheduler& scheduler, TableInForce& routes, HealthKeeper& health, LaneMaker& maker,
             LaneCloser& closer)
      : scheduler_(scheduler), routes_(routes), health_(health), maker_(maker), closer_(closer) {}

  void Bind(BoundTable next, base::MonoTime now);

 private:
  /// The lane of the destination at `at`, in its place.
  void BindOne(const routing::RoutingTable& table, BoundPlace& at, const store::LaneState* opened,
               base::MonoTime now);
  /// Lanes that stand where they do not belong any more.
  void CloseOthers(const BoundTable& next);

  LaneScheduler& scheduler_;
  TableInForce& routes_;
  HealthKeeper& health_;
  LaneMaker& maker_;
  LaneCloser& closer_;
};

}  // namespace carillon::delivery
