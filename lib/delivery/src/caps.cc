#include "caps.h"

#include <algorithm>
#include <utility>

namespace carillon::delivery {

void Caps::Join(Lane& lane) {
  if (shared_ != nullptr) lane.tenant = shared_->TenantOf(lane.destination().tenant);
}

bool Caps::TryStart(Lane& lane, base::MonoTime now, bool again) {
  if (shared_ == nullptr || (!IsOffered(lane) && shared_->TryStart(*lane.tenant))) return true;
  Queue& queue = queues_[lane.destination().tenant];
  queue.tenant = lane.tenant;
  if (again) {
    queue.lanes.push_front(lane.id());
  } else {
    queue.lanes.push_back(lane.id());
  }
  if (waiting_++ == 0) {
    look_at_ = now + Interval();
    shared_->BeginWaiting();
  }
  return false;
}

// The place is free for any, where the cap in all was met, and for one of the same tenant, where
// the tenant's was: one of each may try, or one that is both. The former first: else a tenant that
// always has more to send would keep its places, and one that has none never get one.
void Caps::Finish(Lane& lane) {
  if (shared_ == nullptr) return;
  shared_->Finish(*lane.tenant);
  if (waiting_ == 0 || Offers(lane)) return;
  const auto next = NextTenant();
  const auto own = queues_.find(lane.destination().tenant);
  const bool both = own != queues_.end() && own != next;
  Free(next);
  if (both) Free(own);
}

bool Caps::Offers(const Lane& lane) {
  if (shared_->waiting() < 2 || !std::exchange(may_offer_, false)) return false;
  offered_ = lane.tenant;
  return true;
}

bool Caps::IsOffered(const Lane& lane) const {
  if (offered_ == nullptr) return false;
  return shared_->Room() < 2 || (lane.tenant == offered_ && shared_->Room(*offered_) < 2);
}

Caps::Queues::iterator Caps::NextTenant() {
  auto next = queues_.upper_bound(last_);
  if (next == queues_.end()) next = queues_.begin();
  last_ = next->first;
  return next;
}

void Caps::Free(Queues::iterator queue) {
  free_.push_back(queue->second.lanes.pop_front());
  if (--waiting_ == 0) shared_->EndWaiting();
  if (queue->second.lanes.empty()) queues_.erase(queue);
}

std::chrono::nanoseconds Caps::Interval() {
  constexpr std::chrono::nanoseconds kHalf = std::chrono::nanoseconds(kLook) / 2;
  return kHalf + std::chrono::nanoseconds(
                     static_cast<int64_t>(random_.Unit() * static_cast<double>(kHalf.count())));
}

// Where thousands wait for the place of one, they do not all try and wait again at every look.
void Caps::Look() {
  if (++looks_ % kOfferEvery == 0) may_offer_ = true;
  if (std::exchange(offered_, nullptr) != nullptr) return;  // others look first
  size_t room = shared_->Room();
  for (size_t tenants = queues_.size(); tenants > 0 && room > 0; --tenants) {
    const auto queue = NextTenant();
    const size_t part = std::min({std::max<size_t>(room / tenants, 1), queue->second.lanes.size(),
                                  size_t{shared_->Room(*queue->second.tenant)}});
    for (size_t left = part; left > 0; --left) Free(queue);
    room -= part;
  }
}

Lane* Caps::Next(base::MonoTime now) {
  if (waiting_ > 0 && now >= look_at_) {
    Look();
    look_at_ = now + Interval();
  }
  while (!free_.empty()) {
    Lane* const lane = lanes_.Find(free_.pop_front());
    if (lane == nullptr) continue;
    return lane;
  }
  return nullptr;
}

}  // namespace carillon::delivery
