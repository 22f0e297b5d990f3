#include "outcome_handler.h"

#include <string_view>

namespace carillon::delivery {

void OutcomeHandler::OnResponse(uint64_t token, const http::Response& response) {
  Attempt* attempt = in_flight_.OnAnswer(token);
  if (attempt == nullptr) return;
  Lane& lane = *attempt->lane;
  const bool whole = response.wire == model::Outcome::kSuccess;
  const model::Outcome outcome =
      policy::JudgeAttempt(lane.destination().success, response.wire, response.status);
  if (outcome == model::Outcome::kLocalShortage) {
    return Postpone(*attempt, response);
  }
  if (lane.WaitsForEnds()) lane.FreedAt(response.ended);
  const bool abandoned = stopped_ && !lane.closing() && outcome == model::Outcome::kCancelled;
  const AttemptEnd end = recorder_.EndOf(outcome, response);
  recorder_.Record(*attempt, end, abandoned);
  if (!abandoned) {
    health_.OnEnd(lane, outcome, response);
    Conclude(*attempt,
             {.outcome = outcome,
              .status = whole ? response.status : uint16_t{0},
              .retry_after = whole ? response.retry_after : std::string_view(),
              .failures = attempt->deliveries.attempts + 1,
              .breaker = lane.destination().breaker.has_value()},
             end);
    return;
  }
  recorder_.RecordState(*attempt, end, deliverylog::State::kQueued);
  if (attempt->deliveries.rest.empty() || attempt->deliveries.parked) {
    in_flight_.Abandon(*attempt);  // its delivery holds the watermark, or the lane's cursor
  } else {
    // A batch stays as it is over a restart.
    rows_.Unpark(lane, attempt->deliveries);
    rows_.Park(lane, attempt->deliveries, {}, attempt->deliveries.attempts + 1);
    in_flight_.Finish(*attempt, Ending::kParked);
  }
}

// Nothing was tried, so nothing is told of it but that it waits, with as many attempts as before.
void OutcomeHandler::Postpone(Attempt& attempt, const http::Response& response) {
  Lane& lane = *attempt.lane;
  const DeliveryBatch& deliveries = attempt.deliveries;
  recorder_.RecordShortage(attempt, response);
  if (lane.closing()) {
    return Conclude(attempt,
                    {.outcome = model::Outcome::kCancelled, .failures = deliveries.attempts},
                    recorder_.EndOf(model::Outcome::kCancelled, response));
  }
  rows_.Unpark(lane, deliveries);
  in_flight_.Finish(attempt, retries_.OnNotMade(lane, deliveries));
}

void OutcomeHandler::Conclude(Attempt& attempt, const policy::Failure& result,
                              const AttemptEnd& end) {
  Lane& lane = *attempt.lane;
  const DeliveryBatch& deliveries = attempt.deliveries;
  const bool success = result.outcome == model::Outcome::kSuccess;
  if (success || !lane.closing()) rows_.Unpark(lane, deliveries);
  Ending ending = Ending::kSettled;
  bool retries_ended = false;
  if (success) {
    recorder_.RecordDelivered(attempt, end);
    recorder_.RecordState(attempt, end, deliverylog::State::kDelivered);
  } else {
    const RetryPlanner::Plan plan = retries_.OnFailed(lane, deliveries, result);
    ending = plan.ending;
    retries_ended = ending != Ending::kParked;
    recorder_.RecordState(
        attempt, end, retries_ended ? deliverylog::State::kDead : deliverylog::State::kScheduled,
        plan.next);
  }
  lane.SetFailing(!success);
  if (!lane.closing()) health_.OnResult(lane, result, retries_ended);
  in_flight_.Finish(attempt, ending);
}

}  // namespace carillon::delivery
