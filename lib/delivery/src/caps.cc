#include "caps.h"

namespace carillon::delivery {

void Caps::Join(Lane& lane) {
  if (shared_ != nullptr) lane.tenant = shared_->TenantOf(lane.destination().tenant);
}

bool Caps::TryStart(Lane& lane, base::MonoTime now, bool again) {
  if (shared_ == nullptr || shared_->TryStart(*lane.tenant)) return true;
  auto& queue = queues_[lane.destination().tenant];
  if (again) {
    queue.push_front(lane.id());
  } else {
    queue.push_back(lane.id());
  }
  if (waiting_++ == 0) look_at_ = now + kLook;
  return false;
}

// The place is free for any, where the cap in all was met, and for one of the same tenant, where
// the tenant's was: one of each may try, or one that is both. The former first: else a tenant that
// always has more to send would keep its places, and one that has none never get one.
void Caps::Finish(Lane& lane) {
  if (shared_ == nullptr) return;
  shared_->Finish(*lane.tenant);
  if (waiting_ == 0) return;
  auto next = queues_.upper_bound(last_);
  if (next == queues_.end()) next = queues_.begin();
  last_ = next->first;
  const auto own = queues_.find(lane.destination().tenant);
  const bool both = own != queues_.end() && own != next;
  Free(next);
  if (both) Free(own);
}

void Caps::Free(Queues::iterator queue) {
  free_.push_back(queue->second.pop_front());
  --waiting_;
  if (queue->second.empty()) queues_.erase(queue);
}

Lane* Caps::Next(base::MonoTime now) {
  if (waiting_ > 0 && now >= look_at_) {
    for (auto& [tenant, queue] : queues_) {
      while (!queue.empty()) free_.push_back(queue.pop_front());
    }
    queues_.clear();
    waiting_ = 0;
  }
  while (!free_.empty()) {
    Lane* const lane = lanes_.Find(free_.pop_front());
    if (lane == nullptr) continue;
    return lane;
  }
  return nullptr;
}

}  // namespace carillon::delivery
