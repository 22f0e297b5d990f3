#pragma once

#include "attempt_end.h"
#include "attempt_figures.h"
#include "attempt_history.h"
#include "attempts.h"
#include "carillon/base/clock.h"
#include "carillon/delivery/observer.h"
#include "carillon/http/courier.h"
#include "carillon/model/outcome.h"
#include "carillon/tracing/tracer.h"
#include "settlement_buffer.h"

namespace carillon::delivery {

/// Tells of attempts that ended: rows for the journal, metrics, spans, the observer, the delivery
/// log. Decides nothing. Dispatcher's thread; what is given outlives it.
class AttemptRecorder {
 public:
  /// `tracer` may be null.
  AttemptRecorder(const base::Clock& clock, AttemptFigures figures, Observer& observer,
                  tracing::Tracer* tracer, SettlementBuffer& settlements, AttemptHistory& history)
      : clock_(clock),
        figures_(figures),
        observer_(observer),
        tracer_(tracer),
        settlements_(settlements),
        history_(history) {}

  /// An attempt ended just now.
  AttemptEnd EndOf(model::Outcome outcome, const http::Response& response) const {
    return {clock_, outcome, response};
  }
  /// `abandoned`: it was cancelled because the process ends, and its deliveries stay as they are.
  void Record(const Attempt& attempt, const AttemptEnd& end, bool abandoned);
  /// It is decided what becomes of its deliveries: the delivery log is told. `next`: when they are
  /// tried again.
  void RecordState(const Attempt& attempt, const AttemptEnd& end, deliverylog::State state,
                   base::WallTime next = {}) {
    history_.Add(attempt, end, state, next);
  }
  /// It was not made, since this machine was too short of something.
  void RecordShortage(const Attempt& attempt, const http::Response& response) {
    figures_.CountShortage(attempt, response);
  }
  /// What it carried is delivered.
  void RecordDelivered(const Attempt& attempt, const AttemptEnd& end) {
    figures_.CountDelivered(attempt, end.seen);
  }
  /// A Retry-After of an answer was not followed.
  void RecordRetryAfterIgnored() { figures_.CountRetryAfterIgnored(); }

 private:
  void AddRows(const Attempt& attempt, const AttemptEnd& end, bool abandoned);
  /// Of an attempt of a sampled trace.
  void RecordSpan(const Attempt& attempt, const AttemptEnd& end);

  const base::Clock& clock_;
  AttemptFigures figures_;
  Observer& observer_;
  tracing::Tracer* const tracer_;
  SettlementBuffer& settlements_;
  AttemptHistory& history_;
};

}  // namespace carillon::delivery
