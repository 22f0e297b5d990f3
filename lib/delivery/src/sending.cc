#include <algorithm>

#include "dispatcher_impl.h"

namespace carillon::delivery {

using std::chrono::milliseconds;

void DispatcherImpl::MarkRunnable(Lane& lane) {
  if (lane.Ready()) runnable_.Add(lane, lane.destination().tenant);
}

// What a lane may do has changed, not only what it holds.
void DispatcherImpl::Reconsider(Lane& lane) {
  waking_.Refresh(lane);
  RefreshDue(lane);
  WantHeld(lane);
  backlog_.Want(lane);
  MarkRunnable(lane);
}

void DispatcherImpl::Pause(Lane& lane, milliseconds time) {
  lane.pace().Pause(clock_.Mono() + time);
  waking_.Refresh(lane);
  RefreshDue(lane);
}

void DispatcherImpl::WakeLanes() {
  if (!waking_.Next() && !caps_.Waits()) return;
  const base::MonoTime now = clock_.Mono();
  while (Lane* lane = caps_.Next(now)) MarkRunnable(*lane);
  while (Lane* lane = waking_.Pop(now)) {
    lane->Wake(now, retry_clock_.Now());
    Reconsider(*lane);
  }
}

void DispatcherImpl::SendReady() {
  if (runnable_.empty() || !MayStart()) return;
  const base::WallTime wall = clock_.Wall();
  const base::MonoTime now = clock_.Mono();
  while (MayStart()) {
    Lane* lane = runnable_.Next();
    if (lane == nullptr) return;
    if (lane->Ready()) SendNext(*lane, wall, now);
    if (!lane->Ready()) runnable_.Remove(*lane);
  }
}

// The caps are asked first: a parcel that was composed goes.
void DispatcherImpl::SendNext(Lane& lane, base::WallTime wall, base::MonoTime now) {
  const bool sends = lane.mode() == Lane::Mode::kRun;
  if (sends && !caps_.TryStart(lane, now)) return;
  std::optional<Parcel> next = lane.NextParcel(now, wall);
  WriteHeldRows(lane);
  WantHeld(lane);
  if (lane.NeedsRead()) backlog_.Want(lane);
  bool started = false;
  if (next) {
    if (next->parked && lane.retries().empty()) RefreshDue(lane);
    const bool again = next->attempts > 0 && (next->parked || next->rest.empty());
    if (!sends || (again && TooLate(lane, *next->first.event, milliseconds(0)))) {
      GiveUp(lane, *std::move(next));
    } else {
      Send(lane, *std::move(next), wall, now);
      started = true;
    }
  }
  if (!started) {
    waking_.Refresh(lane);
    if (sends) caps_.Finish(lane);
  }
}

void DispatcherImpl::Send(Lane& lane, Parcel&& parcel, base::WallTime wall, base::MonoTime now) {
  const std::chrono::nanoseconds late =
      parcel.attempts == 0 ? LateBy(lane, parcel, wall, now) : Attempt::kNotFirst;
  Attempt& attempt = attempts_.Start(lane, std::move(parcel));
  attempt.late = late;
  lane.Started(attempt, now);
  if (attempt.parcel.Traced() != nullptr) attempt.span = std::max<uint64_t>(random_.Next(), 1);
  http::Request request =
      lane.requests().Make(lane.endpoint(), attempt.token(), attempt.parcel, wall, attempt.span);
  runnable_.Charge(lane, request.body->size());
  courier_.Start(std::move(request));
}

// Of a batch the youngest: for it the others waited. What was parked unsent waited for Carillon.
std::chrono::nanoseconds DispatcherImpl::LateBy(const Lane& lane, const Parcel& parcel,
                                                base::WallTime wall, base::MonoTime now) {
  const Delivery& last = parcel.rest.empty() ? parcel.first : parcel.rest.back();
  std::chrono::nanoseconds late = wall - last.event->accepted_at();
  if (!parcel.parked && lane.free_since() > base::MonoTime::min()) {
    late = std::min<std::chrono::nanoseconds>(late, now - lane.free_since());
  }
  return std::max(late, std::chrono::nanoseconds(0));
}

void DispatcherImpl::WriteHeldRows(Lane& lane) {
  if (!lane.HasHeldRows()) return;
  for (const journal::ParkedKey& row : lane.TakeReplacedRows()) {
    lane.retries().CountUnparked(1);
    news_.Add(row);
  }
  for (journal::Parked& row : lane.TakeHeldRows()) {
    lane.retries().CountParked(1);
    news_.Add(std::move(row));
  }
}

}  // namespace carillon::delivery
