#include "retry_planner.h"

#include <chrono>

namespace carillon::delivery {

Ending RetryPlanner::OnFailed(Lane& lane, const Parcel& parcel, const policy::Failure& failure) {
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

Ending RetryPlanner::OnNotMade(Lane& lane, const Parcel& parcel) {
  const bool retry = parcel.parked && parcel.attempts > 0;
  const std::chrono::milliseconds wait = lane.pace().OnShortage(retry, clock_.Mono(), random_);
  news_.Park(lane, parcel, wait, parcel.attempts);
  return Ending::kParked;
}

}  // namespace carillon::delivery
