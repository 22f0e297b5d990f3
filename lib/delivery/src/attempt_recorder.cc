#include "attempt_recorder.h"

#include "attempt_span.h"
#include "lane.h"

namespace carillon::delivery {

void AttemptRecorder::Record(const Attempt& attempt, const AttemptEnd& end, bool abandoned) {
  const Lane& lane = *attempt.lane;
  const model::Outcome outcome = end.outcome;
  AddRows(attempt, end, abandoned);
  figures_.CountEnd(attempt, outcome, end.response);
  if (attempt.span != 0 && tracer_ != nullptr) RecordSpan(attempt, end);
  if (outcome != model::Outcome::kSuccess && outcome != model::Outcome::kCancelled) {
    observer_.OnFailed(lane.destination(), outcome, end.response, *attempt.deliveries.first.event);
  }
}

void AttemptRecorder::AddRows(const Attempt& attempt, const AttemptEnd& end, bool abandoned) {
  const Lane& lane = *attempt.lane;
  const DeliveryBatch& deliveries = attempt.deliveries;
  const bool closed = lane.closing() && end.outcome != model::Outcome::kSuccess;
  store::AttemptRow row{.position = 0,
                        .lane = lane.id(),
                        .number = deliveries.attempts + 1,
                        .outcome = end.outcome,
                        .http_status = end.response.status,
                        .started = end.started,
                        .duration_us = end.us};
  deliveries.ForEach([&](const Delivery& delivery) {
    row.position = delivery.event->position();
    // The parked rows of a lane that is being closed stay, and become dead with the lane.
    const bool stays = closed && (deliveries.parked || delivery.held);
    row.settles = !stays && (!abandoned || (!deliveries.parked && deliveries.size() > 1));
    settlements_.Add(row);
  });
}

void AttemptRecorder::RecordSpan(const Attempt& attempt, const AttemptEnd& end) {
  const model::TraceContext trace = *attempt.deliveries.Traced()->trace();
  if (!trace.sampled()) return;
  tracer_->Record(AttemptSpan(attempt.lane->destination(), attempt, trace, end.outcome,
                              end.response, end.started));
}

}  // namespace carillon::delivery
