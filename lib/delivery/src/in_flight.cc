#include "in_flight.h"

#include <algorithm>
#include <utility>

namespace carillon::delivery {

void InFlight::Start(Lane& lane, DeliveryBatch&& deliveries, std::chrono::nanoseconds late,
                     base::WallTime wall, base::MonoTime now) {
  Attempt& attempt = attempts_.Start(lane, std::move(deliveries));
  attempt.late = late;
  lane.Started(attempt, now);
  if (attempt.deliveries.Traced() != nullptr) attempt.span = std::max<uint64_t>(random_.Next(), 1);
  http::Request request = lane.requests().Make(lane.endpoint(), attempt.token(), attempt.deliveries,
                                               wall, attempt.span);
  history_.Want(request);
  attempt.sent_bytes = static_cast<uint32_t>(std::min<size_t>(request.body->size(), UINT32_MAX));
  scheduler_.Charge(lane, request.body->size());
  courier_.Start(std::move(request));
}

Attempt* InFlight::OnAnswer(uint64_t token) {
  Attempt* const attempt = attempts_.Find(token);
  if (attempt != nullptr) scheduler_.Release(*attempt->lane);
  return attempt;
}

void InFlight::Finish(Attempt& attempt, Ending ending) {
  Lane& lane = *attempt.lane;
  lane.Finished(attempt, ending);
  attempts_.Finish(attempt);
  if (lane.Gone()) {
    removals_.OnGone(lane);
  } else {
    scheduler_.Touched(lane);
  }
}

}  // namespace carillon::delivery
