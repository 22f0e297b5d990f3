#pragma once

#include <cstdint>

#include "attempt_recorder.h"
#include "attempts.h"
#include "carillon/http/courier.h"
#include "carillon/policy/retry.h"
#include "health_keeper.h"
#include "in_flight.h"
#include "parked_rows.h"
#include "retry_planner.h"

namespace carillon::delivery {

/// Decides what becomes of the deliveries of an attempt that ended: delivered, parked until the
/// next, dead; or, when it could not be made for want of something on this machine, parked as if
/// nothing had been. Dispatcher's thread; what is given outlives it.
class OutcomeHandler {
 public:
  OutcomeHandler(InFlight& in_flight, AttemptRecorder& recorder, ParkedRows& rows,
                 RetryPlanner& retries, HealthKeeper& health)
      : in_flight_(in_flight),
        recorder_(recorder),
        rows_(rows),
        retries_(retries),
        health_(health) {}

  /// The process ends: what is cancelled from now on is left as it is.
  void Stop() { stopped_ = true; }
  /// See http::CourierListener. A token that is not known (any more) is nobody's.
  void OnResponse(uint64_t token, const http::Response& response);

 private:
  void Postpone(Attempt& attempt, const http::Response& response);
  /// `result` is how the attempt ended, also when it succeeded.
  void Conclude(Attempt& attempt, const policy::Failure& result, const AttemptEnd& end);

  InFlight& in_flight_;
  AttemptRecorder& recorder_;
  ParkedRows& rows_;
  RetryPlanner& retries_;
  HealthKeeper& health_;
  bool stopped_ = false;
};

}  // namespace carillon::delivery
