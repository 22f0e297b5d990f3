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
    news_.Collect();
  }
  return true;
}

void Sender::SendNext(Lane& lane, base::WallTime wall, base::MonoTime now) {
  const bool sends = lane.mode() == Lane::Mode::kRun;
  std::optional<Parcel> next = lane.NextParcel(now, wall);
  bool started = false;
  if (next) {
    const bool again = next->attempts > 0 && (next->parked || next->rest.empty());
    if (!sends || (again && lane.TooLate(*next->first.event, {}, clock_.Wall()))) {
      GiveUp(lane, *std::move(next));
    } else {
      Send(lane, *std::move(next), wall, now);
      started = true;
    }
  }
  if (!started && sends) scheduler_.Release(lane);
  scheduler_.Touched(lane);
}

void Sender::Send(Lane& lane, Parcel&& parcel, base::WallTime wall, base::MonoTime now) {
  const std::chrono::nanoseconds late =
      parcel.attempts == 0 ? LateBy(lane, parcel, wall, now) : Attempt::kNotFirst;
  Attempt& attempt = attempts_.Start(lane, std::move(parcel));
  attempt.late = late;
  lane.Started(attempt, now);
  if (attempt.parcel.Traced() != nullptr) attempt.span = std::max<uint64_t>(random_.Next(), 1);
  http::Request request =
      lane.requests().Make(lane.endpoint(), attempt.token(), attempt.parcel, wall, attempt.span);
  scheduler_.Charge(lane, request.body->size());
  courier_.Start(std::move(request));
}

void Sender::GiveUp(Lane& lane, Parcel parcel) {
  scheduler_.Charge(lane, 0);
  news_.Unpark(lane, parcel);
  const Ending ending = dead_.Add(lane, parcel, parcel.attempts, model::Outcome::kCancelled);
  lane.Dropped(parcel, ending);
}

// Of a batch the youngest: for it the others waited. What was parked unsent waited for Carillon.
std::chrono::nanoseconds Sender::LateBy(const Lane& lane, const Parcel& parcel, base::WallTime wall,
                                        base::MonoTime now) {
  const Delivery& last = parcel.rest.empty() ? parcel.first : parcel.rest.back();
  std::chrono::nanoseconds late = wall - last.event->accepted_at();
  if (!parcel.parked && lane.free_since() > base::MonoTime::min()) {
    late = std::min<std::chrono::nanoseconds>(late, now - lane.free_since());
  }
  return std::max(late, std::chrono::nanoseconds(0));
}

}  // namespace carillon::delivery
