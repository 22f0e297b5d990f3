#pragma once

#include "attempt_recorder.h"
#include "attempts.h"
#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/policy/retry.h"
#include "dead_letters.h"
#include "groups.h"
#include "lane.h"
#include "parked_rows.h"

namespace carillon::delivery {

/// Decides whether and when deliveries are tried again whose attempt failed: parks them, or
/// declares them dead. The rows that they had are taken away before (ParkedRows::Unpark);
/// `Lane::Finished` follows. Dispatcher's thread; what is given outlives it.
class RetryPlanner {
 public:
  RetryPlanner(const base::Clock& clock, base::Random& random, AttemptRecorder& recorder,
               ParkedRows& rows, DeadLetters& dead)
      : clock_(clock), random_(random), recorder_(recorder), rows_(rows), dead_(dead) {}

  /// What became of deliveries.
  struct Plan {
    Ending ending = Ending::kSettled;
    base::WallTime next{};  ///< when they are tried again, with kParked
  };
  /// What a lane that is being closed had parked stays, and is dead with the lane.
  Plan OnFailed(Lane& lane, const DeliveryBatch& deliveries, const policy::Failure& failure);
  /// The attempt was not made, for want of something on this machine: as if nothing had been.
  Ending OnNotMade(Lane& lane, const DeliveryBatch& deliveries);

 private:
  const base::Clock& clock_;
  base::Random& random_;
  AttemptRecorder& recorder_;
  ParkedRows& rows_;
  DeadLetters& dead_;
};

}  // namespace carillon::delivery
