#pragma once

#include <cstdint>

#include "attempt_recorder.h"
#include "attempts.h"
#include "carillon/base/random.h"
#include "carillon/http/courier.h"
#include "carillon/policy/retry.h"
#include "health_keeper.h"
#include "lane.h"
#include "lane_scheduler.h"
#include "removal.h"
#include "retry_planner.h"
#include "settlement_buffer.h"

namespace carillon::delivery {

/// Decides what becomes of the deliveries of an attempt that ended: delivered, parked until the
/// next, dead; or, when it could not be made for want of something on this machine, parked as if
/// nothing had been. Dispatcher's thread.
class OutcomeHandler {
 public:
  /// What it works with; all of it outlives it.
  struct Parts {
    base::Random& random;
    LaneScheduler& scheduler;
    Attempts& attempts;
    AttemptRecorder& recorder;
    SettlementBuffer& settlements;
    RetryPlanner& retries;
    HealthKeeper& health;
    Removals& removals;
  };
  explicit OutcomeHandler(const Parts& parts)
      : random_(parts.random),
        scheduler_(parts.scheduler),
        attempts_(parts.attempts),
        recorder_(parts.recorder),
        settlements_(parts.settlements),
        retries_(parts.retries),
        health_(parts.health),
        removals_(parts.removals) {}

  /// The process ends: what is cancelled from now on is left as it is.
  void Stop() { stopped_ = true; }
  /// See http::CourierListener. A token that is not known (any more) is nobody's.
  void OnResponse(uint64_t token, const http::Response& response);

 private:
  void Postpone(Attempt& attempt, const http::Response& response);
  /// `result` is how the attempt ended, also when it succeeded.
  void Conclude(Attempt& attempt, const policy::Failure& result);
  void Finish(Attempt& attempt, Ending ending);

  base::Random& random_;
  LaneScheduler& scheduler_;
  Attempts& attempts_;
  AttemptRecorder& recorder_;
  SettlementBuffer& settlements_;
  RetryPlanner& retries_;
  HealthKeeper& health_;
  Removals& removals_;
  bool stopped_ = false;
};

}  // namespace carillon::delivery
