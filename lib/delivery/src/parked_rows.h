#pragma once

#include <chrono>
#include <cstdint>

#include "attempts.h"
#include "carillon/model/event.h"
#include "carillon/store/lane_state.h"
#include "carillon/store/parked.h"
#include "lane.h"
#include "retry_clock.h"
#include "settlement_buffer.h"

namespace carillon::delivery {

/// Writes and removes the rows of deliveries that wait in the journal, and counts them in their
/// lanes. `Lane::Finished` or `Dropped` follows for what was in flight. Dispatcher's thread; what
/// is given outlives it.
class ParkedRows {
 public:
  ParkedRows(SettlementBuffer& settlements, RetryClock& clock)
      : settlements_(settlements), clock_(clock) {}

  /// The batch is tried again after `wait`; `attempts` were made. One that may not be sent together
  /// any more is parked one by one. Returns when they are due.
  base::WallTime Park(Lane& lane, const DeliveryBatch& deliveries, std::chrono::nanoseconds wait,
                      uint32_t attempts);
  /// The deliveries of a parked batch, whose row was taken, go one by one from now on.
  void TakeApart(Lane& lane, store::Parked batch);
  /// The lane keeps its delivery of an event at its cursor, see Lane::Keep.
  void Keep(Lane& lane, const model::Event& event);

  /// A batch that was in flight, or given out, has no rows any more.
  void Unpark(Lane& lane, const DeliveryBatch& deliveries);
  /// A row that was taken.
  void Remove(Lane& lane, const store::Parked& row);

  /// A row that was taken goes on without some of its deliveries: `left` are those that stay, at
  /// least one, in their order. It is due when it was, but for a few nanoseconds.
  void Shrink(Lane& lane, const store::Parked& row, const std::vector<store::BatchMember>& left);

  /// What follows the dead delivery at `position` in its group is held.
  void Mark(const Lane& lane, store::GroupId group, uint64_t position);
  /// It is not any more.
  void Unmark(const Lane& lane, uint64_t position);

 private:
  /// Parks the deliveries of a batch one by one. Those that go in order are held behind the first
  /// of their group.
  void ParkApart(Lane& lane, const store::Parked& batch);

  SettlementBuffer& settlements_;
  RetryClock& clock_;
};

}  // namespace carillon::delivery
