#include "retry_planner.h"

#include <chrono>

namespace carillon::delivery {

RetryPlanner::Plan RetryPlanner::OnFailed(Lane& lane, const DeliveryBatch& deliveries,
                                          const policy::Failure& failure) {
  if (lane.closing()) {
    deliveries.ForEach([&](const Delivery& delivery) {
      if (deliveries.parked || delivery.held) return;
      dead_.Add(lane, *delivery.event, failure.failures, model::Outcome::kCancelled);
    });
    return {Ending::kSettled};
  }
  const policy::RetryDecision decision =
      policy::AfterFailure(lane.destination().retry, failure, clock_.Wall(), random_);
  if (decision.retry_after_ignored) recorder_.RecordRetryAfterIgnored();
  if (decision.pause) lane.pace().Pause(clock_.Mono() + *decision.pause);
  if (!decision.delay || lane.TooLate(*deliveries.first.event, *decision.delay, clock_.Wall())) {
    return {dead_.Add(lane, deliveries, failure.failures, failure.outcome)};
  }
  return {Ending::kParked, rows_.Park(lane, deliveries, *decision.delay, failure.failures)};
}

Ending RetryPlanner::OnNotMade(Lane& lane, const DeliveryBatch& deliveries) {
  const bool retry = deliveries.parked && deliveries.attempts > 0;
  const std::chrono::milliseconds wait = lane.pace().OnShortage(retry, clock_.Mono(), random_);
  rows_.Park(lane, deliveries, wait, deliveries.attempts);
  return Ending::kParked;
}

}  // namespace carillon::delivery
