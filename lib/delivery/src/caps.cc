#include "caps.h"

#include <algorithm>
#include <utility>

namespace carillon::delivery {

void Caps::Join(Lane& lane) {
  if (shared_ != nullptr) lane.tenant = shared_->TenantOf(lane.destination().tenant);
}

bool Caps::TryStart(Lane& lane, base::MonoTime now, LaneTry why) {
  if (shared_ == nullptr) return true;
  if (!Offers(lane, now, why) && shared_->TryStart(*lane.tenant, now)) {
    if (waiting_ > 0) last_ = lane.destination().tenant;
    return true;
  }
  Queue& queue = queues_[lane.destination().tenant];
  queue.tenant = lane.tenant;
  if (why != LaneTry::kFirst) {
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
  if (waiting_ == 0) return;
  const auto next = TenantAfter(last_);
  const auto own = queues_.find(lane.destination().tenant);
  const bool both = own != queues_.end() && own != next;
  Free(next, LaneTry::kEnd);
  if (both) Free(own, LaneTry::kEnd);
}

bool Caps::Offers(const Lane& lane, base::MonoTime now, LaneTry why) {
  if (offered_ == nullptr) {
    const uint32_t own = waiting_ > 0 ? 1 : 0;
    if (shared_->waiting() <= own || now < keeps_until_ || why == LaneTry::kLook) return false;
    if (!IsLast(*lane.tenant)) return false;
    offered_ = lane.tenant;
    offered_until_ = now + kLook;
    keeps_until_ = now + kOfferEvery;
    return true;
  }
  return shared_->Room() < 2 || (lane.tenant == offered_ && shared_->Room(*offered_) < 2);
}

bool Caps::IsLast(const policy::InFlightCaps::Tenant& tenant) const {
  const uint32_t in_all = shared_->Room();
  const uint32_t of_tenant = shared_->Room(tenant);
  return std::min(in_all, of_tenant) == 1;
}

Caps::Queues::iterator Caps::TenantAfter(const std::string& tenant) {
  const auto next = queues_.upper_bound(tenant);
  return next != queues_.end() ? next : queues_.begin();
}

void Caps::Free(Queues::iterator queue, LaneTry why) {
  free_.push_back({queue->second.lanes.pop_front(), why});
  if (--waiting_ == 0) shared_->EndWaiting();
  if (queue->second.lanes.empty()) queues_.erase(queue);
}

std::chrono::nanoseconds Caps::Interval() {
  constexpr std::chrono::nanoseconds kHalf = std::chrono::nanoseconds(kLook) / 2;
  return kHalf + std::chrono::nanoseconds(
                     static_cast<int64_t>(random_.Unit() * static_cast<double>(kHalf.count())));
}

// Where thousands wait for the place of one, they do not all try and wait again at every look.
void Caps::Look(base::MonoTime now) {
  if (offered_ != nullptr) {
    if (now < offered_until_) return;  // others look first
    offered_ = nullptr;
  }
  size_t room = shared_->Room();
  std::string last = last_;
  for (size_t tenants = queues_.size(); tenants > 0 && room > 0; --tenants) {
    const auto queue = TenantAfter(last);
    last = queue->first;
    const size_t part = std::min({std::max<size_t>(room / tenants, 1), queue->second.lanes.size(),
                                  size_t{shared_->Room(*queue->second.tenant, now)}});
    for (size_t left = part; left > 0; --left) Free(queue, LaneTry::kLook);
    room -= part;
  }
}

Caps::Next Caps::TakeNext(base::MonoTime now) {
  if (waiting_ > 0 && now >= look_at_) {
    Look(now);
    look_at_ = now + Interval();
  }
  while (!free_.empty()) {
    const auto [id, why] = free_.pop_front();
    if (Lane* const lane = lanes_.Find(id); lane != nullptr) return {lane, why};
  }
  return {};
}

}  // namespace carillon::delivery
