#include "sender.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace carillon::delivery {

namespace {

// What one call starts at most: an event for a thousand destinations is a thousand requests, and
// what comes for others meanwhile is to be seen before they are all out.
constexpr size_t kTurnStarts = 64;

}  // namespace

bool Sender::SendReady() {
  if (!scheduler_.MaySend() || !MayStart()) return true;
  const base::WallTime wall = clock_.Wall();
  const base::MonoTime now = clock_.Mono();
  for (size_t left = kTurnStarts; MayStart(); --left) {
    if (left == 0) return !scheduler_.MaySend();
    Lane* const lane = scheduler_.NextToSend(now);
    if (lane == nullptr) return true;
    SendNext(*lane, wall, now);
    settlements_.Collect();
  }
  return true;
}

void Sender::SendNext(Lane& lane, base::WallTime wall, base::MonoTime now) {
  const bool sends = lane.mode() == Lane::Mode::kRun;
  std::optional<DeliveryBatch> next = lane.NextBatch(now, wall);
  bool started = false;
  if (next) {
    const bool again = next->attempts > 0 && (next->parked || next->rest.empty());
    if (!sends || (again && lane.TooLate(*next->first.event, {}, clock_.Wall()))) {
      DeadLetterAll(lane, *std::move(next));
    } else {
      const bool first_attempt = next->attempts == 0 && next->trigger == model::Trigger::kPublish;
      const auto late = first_attempt ? LateBy(lane, *next, wall, now) : Attempt::kNotFirst;
      in_flight_.Start(lane, *std::move(next), late, wall, now);
      started = true;
    }
  }
  if (!started && sends) scheduler_.Release(lane);
  scheduler_.Touched(lane);
}

void Sender::DeadLetterAll(Lane& lane, DeliveryBatch deliveries) {
  scheduler_.Charge(lane, 0);
  const Ending ending = dead_.AddUnsent(lane, deliveries);
  lane.Dropped(deliveries, ending);
}

// Of a batch the youngest: for it the others waited. What was parked unsent waited for Carillon.
std::chrono::nanoseconds Sender::LateBy(const Lane& lane, const DeliveryBatch& deliveries,
                                        base::WallTime wall, base::MonoTime now) {
  const Delivery& last = deliveries.rest.empty() ? deliveries.first : deliveries.rest.back();
  std::chrono::nanoseconds late = wall - last.event->accepted_at();
  if (!deliveries.parked && lane.free_since() > base::MonoTime::min()) {
    late = std::min<std::chrono::nanoseconds>(late, now - lane.free_since());
  }
  return std::max(late, std::chrono::nanoseconds(0));
}

}  // namespace carillon::delivery
