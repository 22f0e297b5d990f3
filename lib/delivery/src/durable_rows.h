#pragma once

#include "carillon/store/parked.h"
#include "lane_map.h"
#include "lane_scheduler.h"
#include "settlement_buffer.h"
#include "shard_journal.h"

namespace carillon::delivery {

/// Tells lanes which of their rows are durable, and ends those that are closed. Dispatcher's
/// thread; what is given outlives it.
class DurableRows {
 public:
  DurableRows(ShardJournal& journal, LaneMap& lanes, LaneScheduler& scheduler)
      : journal_(journal), lanes_(lanes), scheduler_(scheduler) {}

  void OnDurable(const SettlementBuffer::Durable& durable);

 private:
  void OnParked(Lane& lane, store::Due due);
  void OnUnparked(Lane& lane, const store::ParkedKey& key);

  ShardJournal& journal_;
  LaneMap& lanes_;
  LaneScheduler& scheduler_;
};

}  // namespace carillon::delivery
