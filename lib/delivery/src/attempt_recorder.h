#pragma once

#include "attempts.h"
#include "carillon/base/clock.h"
#include "carillon/delivery/observer.h"
#include "carillon/http/courier.h"
#include "carillon/metrics/metrics.h"
#include "carillon/model/outcome.h"
#include "carillon/tracing/tracer.h"
#include "settlement_buffer.h"

namespace carillon::delivery {

/// Tells of attempts that ended: rows for the journal, metrics, spans, the observer. Decides
/// nothing. Dispatcher's thread; what is given outlives it.
class AttemptRecorder {
 public:
  /// `tracer` may be null.
  AttemptRecorder(const base::Clock& clock, metrics::Metrics& metrics,
                  metrics::ShardMetrics& figures, Observer& observer, tracing::Tracer* tracer,
                  SettlementBuffer& settlements)
      : clock_(clock),
        metrics_(metrics),
        figures_(figures),
        observer_(observer),
        tracer_(tracer),
        settlements_(settlements) {}

  /// `abandoned`: it was cancelled because the process ends, and its deliveries stay as they are.
  void Record(const Attempt& attempt, model::Outcome outcome, const http::Response& response,
              bool abandoned);
  /// It was not made, since this machine was too short of something.
  void RecordShortage(const Attempt& attempt, const http::Response& response);
  /// What it carried is delivered.
  void RecordDelivered(const Attempt& attempt);
  /// A Retry-After of an answer was not followed.
  void RecordRetryAfterIgnored() { metrics_.CountRetryAfterIgnored(); }

 private:
  void AddRows(const Attempt& attempt, model::Outcome outcome, const http::Response& response,
               bool abandoned);
  /// Of an attempt of a sampled trace.
  void RecordSpan(const Attempt& attempt, model::Outcome outcome, const http::Response& response);
  void ObservePhases(const http::PhaseTimes& times);

  const base::Clock& clock_;
  metrics::Metrics& metrics_;
  metrics::ShardMetrics& figures_;
  Observer& observer_;
  tracing::Tracer* const tracer_;
  SettlementBuffer& settlements_;
};

}  // namespace carillon::delivery
