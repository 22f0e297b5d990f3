#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "carillon/metrics/labels.h"
#include "carillon/store/demand.h"
#include "carillon/store/lane_state.h"
#include "carillon/store/parked.h"
#include "evictor.h"
#include "lane_journal.h"
#include "lane_map.h"
#include "lane_scheduler.h"
#include "ring_queue.h"
#include "router.h"

namespace carillon::delivery {

/// Trims the rows of lanes for which the journal keeps too much, or for too long: lists them, a
/// page of one lane at a time, and has them evicted. Of what is under way it leaves the rows alone.
/// Dispatcher's thread; what is given outlives it.
class Trimmer {
 public:
  Trimmer(LaneJournal& journal, LaneMap& lanes, LaneScheduler& scheduler, const Router& router,
          Evictor& evictor)
      : journal_(journal),
        lanes_(lanes),
        scheduler_(scheduler),
        router_(router),
        evictor_(evictor) {}

  /// What the journal asks for, now and then.
  void Follow(const store::Demand& demand);
  /// Asks for the next page; there is room for the rows that follow from it.
  void Run();

 private:
  void Start(Lane& lane, const store::EvictionRequest& evict);
  void OnPage(Lane& lane, const store::ParkedPage& page);
  void End(Lane& lane);
  bool Take(Lane& lane, const store::Parked& row);
  /// Why a row at `position` of the lane whose pages are listed is given up.
  metrics::GivenUp WhyNot(uint64_t position) const;

  LaneJournal& journal_;
  LaneMap& lanes_;
  LaneScheduler& scheduler_;
  const Router& router_;
  Evictor& evictor_;
  uint64_t version_ = 0;                                   // of the last demand
  RingQueue<store::LaneId> giving_up_;                     // have rows to give up...
  std::map<store::LaneId, store::EvictionRequest> evict_;  // ...and which: what was asked for last
  bool listing_ = false;                                   // a page is awaited
  std::optional<store::ParkedKey> page_;                   // where the first of giving_up_ goes on
  // Of its lane, when its first page was asked for:
  store::EvictionRequest asked_;
  uint64_t page_upsets_ = 0;
};

}  // namespace carillon::delivery
