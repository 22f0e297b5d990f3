#include "lane_scheduler.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace carillon::delivery {

LaneScheduler::LaneScheduler(std::shared_ptr<policy::InFlightCaps> caps, LaneMap& lanes,
                             RetryClock& clock, base::Random& random)
    : clock_(clock), caps_(std::move(caps), lanes, random) {}

LaneScheduler::~LaneScheduler() {
  while (Lane* lane = sending_.Next()) sending_.Remove(*lane);
}

void LaneScheduler::Touched(Lane& lane) {
  const LaneWants wants = lane.Wants();
  Hook& hook = lane;
  ListForSending(lane, wants.send && !hook.capped_);
  if (wants.needs != hook.listed_) ListNeeds(lane, wants.needs);
  if (wants.wake_at || hook.wake_.is_linked()) ListWake(hook, wants.wake_at);
  if (wants.due_at || hook.due_.is_linked()) ListDue(hook, wants.due_at, wants.due_horizon);
}

void LaneScheduler::Leave(Lane& lane) {
  Hook& hook = lane;
  sending_.Remove(lane);
  ListNeeds(lane, 0);
  ListWake(hook, std::nullopt);
  ListDue(hook, std::nullopt, {});
  for (unsigned queued = hook.queued_; queued != 0; queued &= queued - 1) {
    RingQueue<Lane*>& lanes = queues_[static_cast<size_t>(std::countr_zero(queued))].lanes;
    size_t at = 0;
    while (lanes[at] != &lane) ++at;
    lanes[at] = nullptr;
  }
  hook.queued_ = 0;
}

void LaneScheduler::ListForSending(Lane& lane, bool wanted) {
  if (wanted) {
    sending_.Add(lane, lane.destination().tenant);
  } else {
    sending_.Remove(lane);
  }
}

void LaneScheduler::ListNeeds(Lane& lane, uint8_t needs) {
  Hook& hook = lane;
  auto changed = static_cast<unsigned>(needs ^ hook.listed_);
  hook.listed_ = needs;
  for (; changed != 0; changed &= changed - 1) {
    const unsigned bit = changed & -changed;
    Queue& queue = queues_[static_cast<size_t>(std::countr_zero(bit))];
    if ((needs & bit) == 0) {
      --queue.listed;
      continue;
    }
    ++queue.listed;
    if ((hook.queued_ & bit) != 0) continue;
    hook.queued_ = static_cast<uint8_t>(hook.queued_ | bit);
    queue.lanes.push_back(&lane);
  }
}

void LaneScheduler::ListWake(Hook& hook, std::optional<base::MonoTime> at) {
  if (hook.wake_.is_linked()) {
    if (at == hook.wake_at_) return;
    waking_.erase(waking_.iterator_to(hook));
  }
  if (!at) return;
  hook.wake_at_ = *at;
  waking_.insert(hook);
}

// The time is looked at only where the lane wants another than before: that it was within the
// horizon stays true as time goes on.
void LaneScheduler::ListDue(Hook& hook, std::optional<base::WallTime> at,
                            std::chrono::nanoseconds horizon) {
  if (hook.due_.is_linked()) {
    if (at == hook.due_wanted_ && horizon == hook.due_horizon_) return;
    due_.erase(due_.iterator_to(hook));
  }
  if (!at) return;
  hook.due_wanted_ = *at;
  hook.due_horizon_ = horizon;
  const base::WallTime now = clock_.Now();
  hook.due_at_ = *at > now + horizon ? now : *at;
  due_.insert(hook);
}

Lane* LaneScheduler::NextToSend(base::MonoTime now) {
  for (;;) {
    Lane* const lane = sending_.Next();
    if (lane == nullptr || lane->mode() != Lane::Mode::kRun) return lane;
    Hook& hook = *lane;
    if (caps_.TryStart(*lane, now, std::exchange(hook.try_, LaneTry::kFirst))) return lane;
    hook.capped_ = true;
    sending_.Remove(*lane);
  }
}

// Those that waited come before the lane whose place it was: it is listed again later.
void LaneScheduler::Release(Lane& lane) {
  caps_.Finish(lane);
  if (caps_.Waits()) AdmitCapped(base::MonoTime::min());
}

void LaneScheduler::AdmitCapped(base::MonoTime now) {
  for (Caps::Next next = caps_.TakeNext(now); next.lane; next = caps_.TakeNext(now)) {
    Hook& hook = *next.lane;
    hook.capped_ = false;
    hook.try_ = next.why;
    Touched(*next.lane);
  }
}

void LaneScheduler::Wake(base::MonoTime now) {
  AdmitCapped(now);
  while (!waking_.empty() && waking_.begin()->wake_at_ <= now) {
    Lane& lane = static_cast<Lane&>(*waking_.begin());
    lane.Wake(now, clock_.Now());
    Touched(lane);
  }
}

std::optional<base::MonoTime> LaneScheduler::WakeAt() const {
  const std::optional<base::MonoTime> look = caps_.LookAt();
  if (waking_.empty()) return look;
  const base::MonoTime at = waking_.begin()->wake_at_;
  return look ? std::min(at, *look) : at;
}

Lane* LaneScheduler::NextDue(base::WallTime now) {
  if (due_.empty() || due_.begin()->due_at_ > now) return nullptr;
  Hook& hook = *due_.begin();
  ListDue(hook, std::nullopt, {});
  return static_cast<Lane*>(&hook);
}

std::optional<base::WallTime> LaneScheduler::DueAt() const {
  return due_.empty() ? std::nullopt : std::optional(due_.begin()->due_at_);
}

Lane* LaneScheduler::Next(LaneNeed need) {
  Queue& queue = QueueOf(need);
  while (queue.listed > 0) {
    Lane* const lane = PopFront(need);
    if (lane == nullptr) continue;
    ListNeeds(*lane, static_cast<uint8_t>(static_cast<Hook*>(lane)->listed_ & ~BitOf(need)));
    return lane;
  }
  return nullptr;
}

Lane* LaneScheduler::PopFront(LaneNeed need) {
  Lane* const lane = QueueOf(need).lanes.pop_front();
  if (lane == nullptr) return nullptr;
  Hook& hook = *lane;
  hook.queued_ = static_cast<uint8_t>(hook.queued_ & ~BitOf(need));
  return (hook.listed_ & BitOf(need)) != 0 ? lane : nullptr;
}

bool LaneScheduler::IsCurrent(const Lane& lane) const {
  const LaneWants wants = lane.Wants();
  const Hook& hook = lane;
  const bool wakes = wants.wake_at.has_value();
  const bool due = wants.due_at.has_value();
  return (wants.send && !hook.capped_) == sending_.Has(lane) && wants.needs == hook.listed_ &&
         wakes == hook.wake_.is_linked() && (!wakes || *wants.wake_at == hook.wake_at_) &&
         due == hook.due_.is_linked() &&
         (!due || (*wants.due_at == hook.due_wanted_ && wants.due_horizon == hook.due_horizon_));
}

}  // namespace carillon::delivery
