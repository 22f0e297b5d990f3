#include "outcome_handler.h"

#include <algorithm>
#include <chrono>
#include <string_view>

namespace carillon::delivery {

void OutcomeHandler::OnResponse(uint64_t token, const http::Response& response) {
  Attempt* attempt = attempts_.Find(token);
  if (attempt == nullptr) return;
  Lane& lane = *attempt->lane;
  scheduler_.Release(lane);
  const bool whole = response.wire == model::Outcome::kSuccess;
  const model::Outcome outcome =
      policy::JudgeAttempt(lane.destination().success, response.wire, response.status);
  if (outcome == model::Outcome::kLocalShortage) {
    return Postpone(*attempt, response);
  }
  if (lane.WaitsForEnds()) lane.FreedAt(response.ended);
  const bool abandoned = stopped_ && !lane.closing() && outcome == model::Outcome::kCancelled;
  recorder_.Record(*attempt, outcome, response, abandoned);
  if (!abandoned) {
    health_.OnBreaker(lane, lane.pace().OnEnd(outcome, response, lane.in_flight(), random_));
    Conclude(*attempt, {.outcome = outcome,
                        .status = whole ? response.status : uint16_t{0},
                        .retry_after = whole ? response.retry_after : std::string_view(),
                        .failures = attempt->parcel.attempts + 1,
                        .breaker = lane.destination().breaker.has_value()});
  } else if (attempt->parcel.rest.empty() || attempt->parcel.parked) {
    attempts_.Abandon(*attempt);  // its delivery holds the watermark, or the lane's cursor
  } else {
    // A batch stays as it is over a restart.
    news_.Unpark(lane, attempt->parcel);
    news_.Park(lane, attempt->parcel, {}, attempt->parcel.attempts + 1);
    Finish(*attempt, Ending::kParked);
  }
}

// Nothing was tried, so nothing is told of it but that it waits, with as many attempts as before.
void OutcomeHandler::Postpone(Attempt& attempt, const http::Response& response) {
  Lane& lane = *attempt.lane;
  const Parcel& parcel = attempt.parcel;
  recorder_.RecordShortage(attempt, response);
  if (lane.closing()) {
    return Conclude(attempt, {.outcome = model::Outcome::kCancelled, .failures = parcel.attempts});
  }
  const bool retry = parcel.parked && parcel.attempts > 0;
  const std::chrono::milliseconds wait = lane.pace().OnShortage(retry, clock_.Mono(), random_);
  news_.Unpark(lane, parcel);
  news_.Park(lane, parcel, wait, parcel.attempts);
  Finish(attempt, Ending::kParked);
}

void OutcomeHandler::Conclude(Attempt& attempt, const policy::Failure& result) {
  Lane& lane = *attempt.lane;
  const Parcel& parcel = attempt.parcel;
  const bool success = result.outcome == model::Outcome::kSuccess;
  if (success || !lane.closing()) news_.Unpark(lane, parcel);
  Ending ending = Ending::kSettled;
  bool retries_ended = false;
  if (success) {
    recorder_.RecordDelivered(attempt);
  } else {
    ending = Fail(lane, parcel, result);
    retries_ended = ending != Ending::kParked;
  }
  lane.SetFailing(!success);
  if (!lane.closing()) health_.OnResult(lane, result, retries_ended);
  Finish(attempt, ending);
}

void OutcomeHandler::Finish(Attempt& attempt, Ending ending) {
  Lane& lane = *attempt.lane;
  lane.Finished(attempt, ending);
  attempts_.Finish(attempt);
  if (lane.Gone()) {
    removals_.OnGone(lane);
  } else {
    scheduler_.Touched(lane);
  }
}

Ending OutcomeHandler::Fail(Lane& lane, const Parcel& parcel, const policy::Failure& failure) {
  if (lane.closing()) {
    parcel.ForEach([&](const Delivery& delivery) {
      if (parcel.parked || delivery.held) return;
      dead_.Add(lane, *delivery.event, failure.failures, model::Outcome::kCancelled);
    });
    return Ending::kSettled;
  }
  const policy::Sequel sequel =
      policy::AfterFailure(lane.destination().retry, failure, clock_.Wall(), random_);
  if (sequel.retry_after_ignored) recorder_.RecordRetryAfterIgnored();
  if (sequel.pause) lane.pace().Pause(clock_.Mono() + *sequel.pause);
  if (!sequel.delay || lane.TooLate(*parcel.first.event, *sequel.delay, clock_.Wall())) {
    return dead_.Add(lane, parcel, failure.failures, failure.outcome);
  }
  news_.Park(lane, parcel, *sequel.delay, failure.failures);
  return Ending::kParked;
}

}  // namespace carillon::delivery
