#include "caps.h"

namespace carillon::delivery {

void Caps::Join(Lane& lane) {
  if (shared_ != nullptr) lane.tenant = shared_->TenantOf(lane.destination().tenant);
}

bool Caps::TryStart(Lane& lane, base::MonoTime now) {
  if (shared_ == nullptr || shared_->TryStart(*lane.tenant)) return true;
  queues_[lane.destination().tenant].push_back(lane.id());
  if (waiting_++ == 0) look_at_ = now + kLook;
  return false;
}

// The place is free for one of the same tenant, where the tenant's cap was met, and for any, where
// the cap in all was: one of each may try.
void Caps::Finish(Lane& lane) {
  if (shared_ == nullptr) return;
  shared_->Finish(*lane.tenant);
  if (waiting_ == 0) return;
  if (const auto own = queues_.find(lane.destination().tenant); own != queues_.end()) Free(own);
  if (waiting_ == 0) return;
  auto next = queues_.upper_bound(last_);
  if (next == queues_.end()) next = queues_.begin();
  last_ = next->first;
  Free(next);
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
