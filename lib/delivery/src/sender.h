#pragma once

#include <chrono>
#include <cstddef>

#include "attempts.h"
#include "carillon/base/clock.h"
#include "dead_letters.h"
#include "in_flight.h"
#include "lane.h"
#include "lane_scheduler.h"
#include "settlement_buffer.h"

namespace carillon::delivery {

/// Has attempts started: lets the lanes compose what they have, in the scheduler's order; gives up
/// what has come too late, or is to be dropped. Dispatcher's thread; what is given outlives it.
class Sender {
 public:
  /// `max_unsettled`: rows that wait for the disk; over it nothing is started.
  Sender(size_t max_unsettled, const base::Clock& clock, LaneScheduler& scheduler,
         InFlight& in_flight, SettlementBuffer& settlements, DeadLetters& dead)
      : max_unsettled_(max_unsettled),
        clock_(clock),
        scheduler_(scheduler),
        in_flight_(in_flight),
        settlements_(settlements),
        dead_(dead) {}

  bool MayStart() const { return settlements_.rows() < max_unsettled_; }
  /// Starts what may start, some at a time. False: there is more, after what else is ready.
  bool SendReady();

 private:
  void SendNext(Lane& lane, base::WallTime wall, base::MonoTime now);
  /// A batch that the lane gave out is not tried.
  void DeadLetterAll(Lane& lane, DeliveryBatch deliveries);
  /// How late Carillon is with the first attempt of `deliveries`, which starts now; never negative.
  static std::chrono::nanoseconds LateBy(const Lane& lane, const DeliveryBatch& deliveries,
                                         base::WallTime wall, base::MonoTime now);

  const size_t max_unsettled_;
  const base::Clock& clock_;
  LaneScheduler& scheduler_;
  InFlight& in_flight_;
  SettlementBuffer& settlements_;
  DeadLetters& dead_;
};

}  // namespace carillon::delivery
