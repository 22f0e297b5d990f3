#pragma once

#include <chrono>
#include <cstddef>

#include "attempts.h"
#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/http/courier.h"
#include "dead_letters.h"
#include "lane.h"
#include "lane_scheduler.h"
#include "settlement_buffer.h"

namespace carillon::delivery {

/// Starts attempts: lets the lanes compose what they have, in the scheduler's order, and hands it
/// to the courier; gives up what has come too late, or is to be dropped. Dispatcher's thread; what
/// is given outlives it.
class Sender {
 public:
  /// `max_unsettled`: rows that wait for the disk; over it nothing is started.
  Sender(size_t max_unsettled, const base::Clock& clock, base::Random& random,
         http::Courier& courier, LaneScheduler& scheduler, Attempts& attempts,
         SettlementBuffer& settlements, DeadLetters& dead)
      : max_unsettled_(max_unsettled),
        clock_(clock),
        random_(random),
        courier_(courier),
        scheduler_(scheduler),
        attempts_(attempts),
        settlements_(settlements),
        dead_(dead) {}

  /// Nothing is started any more.
  void Stop() { stopped_ = true; }
  bool stopped() const { return stopped_; }
  bool MayStart() const { return !stopped_ && settlements_.rows() < max_unsettled_; }
  /// Starts what may start, some at a time. False: there is more, after what else is ready.
  bool SendReady();

 private:
  void SendNext(Lane& lane, base::WallTime wall, base::MonoTime now);
  void Send(Lane& lane, DeliveryBatch&& deliveries, base::WallTime wall, base::MonoTime now);
  /// A batch that the lane gave out is not tried.
  void DeadLetterAll(Lane& lane, DeliveryBatch deliveries);
  /// How late Carillon is with the first attempt of `deliveries`, which starts now; never negative.
  static std::chrono::nanoseconds LateBy(const Lane& lane, const DeliveryBatch& deliveries,
                                         base::WallTime wall, base::MonoTime now);

  const size_t max_unsettled_;
  const base::Clock& clock_;
  base::Random& random_;
  http::Courier& courier_;
  LaneScheduler& scheduler_;
  Attempts& attempts_;
  SettlementBuffer& settlements_;
  DeadLetters& dead_;
  bool stopped_ = false;
};

}  // namespace carillon::delivery
