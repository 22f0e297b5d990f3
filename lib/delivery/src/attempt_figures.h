#pragma once

#include "attempts.h"
#include "carillon/http/courier.h"
#include "carillon/metrics/metrics.h"
#include "carillon/model/outcome.h"

namespace carillon::delivery {

/// Counts attempts that ended, how long they and their phases took, and what they delivered. One
/// thread; what is given outlives it.
class AttemptFigures {
 public:
  AttemptFigures(metrics::Metrics& metrics, metrics::ShardMetrics& figures)
      : metrics_(metrics), figures_(figures) {}

  /// An attempt ended with `outcome`.
  void CountEnd(const Attempt& attempt, model::Outcome outcome, const http::Response& response);
  /// It was not made, since this machine was too short of something.
  void CountShortage(const Attempt& attempt, const http::Response& response);
  /// What it carried is delivered, at `now`.
  void CountDelivered(const Attempt& attempt, base::WallTime now);
  /// A Retry-After of an answer was not followed.
  void CountRetryAfterIgnored() { metrics_.CountRetryAfterIgnored(); }

 private:
  metrics::PlainHistogram& AttemptsOf(model::Outcome outcome) {
    return figures_.attempts[static_cast<size_t>(outcome)];
  }
  void ObservePhases(const http::PhaseTimes& times);

  metrics::Metrics& metrics_;
  metrics::ShardMetrics& figures_;
};

}  // namespace carillon::delivery
