#include "attempt_recorder.h"

#include <algorithm>
#include <chrono>

#include "attempt_span.h"
#include "lane.h"

namespace carillon::delivery {

void AttemptRecorder::Record(const Attempt& attempt, model::Outcome outcome,
                             const http::Response& response, bool abandoned) {
  const Lane& lane = *attempt.lane;
  AddRows(attempt, outcome, response, abandoned);
  figures_.CountEnd(attempt, outcome, response);
  if (attempt.span != 0 && tracer_ != nullptr) RecordSpan(attempt, outcome, response);
  if (outcome != model::Outcome::kSuccess && outcome != model::Outcome::kCancelled) {
    observer_.OnFailed(lane.destination(), outcome, response, *attempt.deliveries.first.event);
  }
}

void AttemptRecorder::AddRows(const Attempt& attempt, model::Outcome outcome,
                              const http::Response& response, bool abandoned) {
  const Lane& lane = *attempt.lane;
  const DeliveryBatch& deliveries = attempt.deliveries;
  const auto took = response.ended - response.started;
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  const bool closed = lane.closing() && outcome != model::Outcome::kSuccess;
  store::AttemptRow row{
      .position = 0,
      .lane = lane.id(),
      .number = deliveries.attempts + 1,
      .outcome = outcome,
      .http_status = response.status,
      .started = clock_.Wall() - (clock_.Mono() - response.started),
      .duration_us = static_cast<uint32_t>(std::clamp<int64_t>(micros, 0, UINT32_MAX))};
  deliveries.ForEach([&](const Delivery& delivery) {
    row.position = delivery.event->position();
    // The parked rows of a lane that is being closed stay, and become dead with the lane.
    const bool stays = closed && (deliveries.parked || delivery.held);
    row.settles = !stays && (!abandoned || (!deliveries.parked && deliveries.size() > 1));
    settlements_.Add(row);
  });
}

void AttemptRecorder::RecordSpan(const Attempt& attempt, model::Outcome outcome,
                                 const http::Response& response) {
  const model::TraceContext trace = *attempt.deliveries.Traced()->trace();
  if (!trace.sampled()) return;
  const base::WallTime start = clock_.Wall() - (clock_.Mono() - response.started);
  tracer_->Record(
      AttemptSpan(attempt.lane->destination(), attempt, trace, outcome, response, start));
}

}  // namespace carillon::delivery
