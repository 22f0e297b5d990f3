#include "due_lanes.h"

#include <algorithm>

namespace carillon::delivery {
namespace {

// A policy may have been shortened since a delivery was parked; its old wait is kept within this.
constexpr std::chrono::hours kPatience{1};

base::WallTime LatestDue(const Lane& lane, base::WallTime now) {
  const model::RetryPolicy& retry = lane.destination().retry;
  std::chrono::nanoseconds longest{0};
  for (const auto delay : retry.delays)
    longest = std::max<std::chrono::nanoseconds>(longest, delay);
  longest = longest * 2 + kPatience;  // jitter at most doubles a delay
  return now + std::max<std::chrono::nanoseconds>(longest, retry.retry_after_cap);
}

}  // namespace

base::WallTime DueLanes::TakeUntil(const Lane& lane, base::WallTime next, base::WallTime now) {
  if (lane.mode() == Lane::Mode::kDrop) return std::max(next, now);
  return next > LatestDue(lane, now) ? next : now;
}

void DueLanes::Refresh(Lane& lane, base::WallTime now) {
  // What a lane that rests has parked may stay on disk until it can be sent.
  const bool passive = lane.closing() || lane.mode() == Lane::Mode::kRest || lane.pace().Resting();
  std::optional<base::WallTime> at = passive ? std::nullopt : lane.retries().AskAt();
  if (at && TakeUntil(lane, *at, now) != now) at = now;
  if (at == lane.retries().listed) return;
  Remove(lane);
  lane.retries().listed = at;
  if (at) lanes_.insert({*at, lane.id(), &lane});
}

void DueLanes::Remove(Lane& lane) {
  if (!lane.retries().listed) return;
  lanes_.erase({*lane.retries().listed, lane.id(), &lane});
  lane.retries().listed.reset();
}

Lane* DueLanes::PopDue(base::WallTime now) {
  if (lanes_.empty() || lanes_.begin()->due > now) return nullptr;
  Lane* lane = lanes_.begin()->lane;
  Remove(*lane);
  return lane;
}

}  // namespace carillon::delivery
