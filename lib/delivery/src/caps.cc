#include "caps.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace carillon::delivery {

void Caps::Join(Lane& lane) {
  if (shared_ != nullptr) lane.tenant = shared_->TenantOf(lane.destination().tenant);
}

bool Caps::TryStart(Lane& lane, base::MonoTime now, LaneTry why) {
  if (shared_ == nullptr) return true;
  now_ = std::max(now_, now);
  if (!Offers(lane, now, why) && shared_->TryStart(*lane.tenant, now)) {
    if (waiting_ > 0) Count(lane);
    return true;
  }
  Queue& queue = QueueOf(lane);
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

Caps::Queue& Caps::QueueOf(const Lane& lane) {
  const auto [at, is_new] = queues_.try_emplace(lane.destination().tenant);
  Queue& queue = at->second;
  if (!is_new) return queue;
  queue.tenant = lane.tenant;
  const auto known = served_.find(at->first);
  queue.served = known == served_.end() ? clock_ : std::max(known->second, clock_);
  if (known != served_.end()) served_.erase(known);
  turns_.emplace(queue.served, at->first);
  return queue;
}

void Caps::Count(const Lane& lane) {
  const std::string& tenant = lane.destination().tenant;
  const double step = StepOf(*lane.tenant);
  const auto queue = queues_.find(tenant);
  if (queue == queues_.end()) {
    double& served = served_.try_emplace(tenant, clock_).first->second;
    clock_ = std::max(served, clock_);
    served = clock_ + step;
    if (served_.size() < sweep_at_) return;
    std::erase_if(served_, [this](const auto& one) { return one.second <= clock_; });
    sweep_at_ = 2 * served_.size() + 64;
    return;
  }
  turns_.erase({queue->second.served, queue->first});
  const double before = FromNow(queue->second.served);
  clock_ = std::max(clock_, before);
  queue->second.served = before + step;
  turns_.emplace(queue->second.served, queue->first);
}

// The place is free for any, where the cap in all was met: for the one whose turn it is. Where it
// was the tenant's own, one of that tenant may try, too: which of both it was is seen by how many
// places there are now.
void Caps::Finish(Lane& lane) {
  if (shared_ == nullptr) return;
  shared_->Finish(*lane.tenant);
  if (waiting_ == 0) return;
  const auto next = NextTenant();
  const auto own = queues_.find(lane.destination().tenant);
  const bool both = own != queues_.end() && own != next && shared_->Room() > 1;
  if (next != queues_.end()) Free(next, LaneTry::kEnd);
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

Caps::Queues::iterator Caps::NextTenant() {
  for (const auto& [served, name] : turns_) {
    const auto queue = queues_.find(name);
    if (shared_->Room(*queue->second.tenant, now_) > 0) return queue;
  }
  return queues_.end();
}

void Caps::Free(Queues::iterator queue, LaneTry why) {
  free_.push_back({queue->second.lanes.pop_front(), why});
  if (--waiting_ == 0) shared_->EndWaiting();
  if (!queue->second.lanes.empty()) return;
  const double served = queue->second.served;
  turns_.erase({served, queue->first});
  if (served > clock_) served_[queue->first] = served;
  queues_.erase(queue);
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
  // Those whose turns come first, each with what it would have if what is let go started.
  struct Share {
    double served;
    Queues::iterator queue;
    size_t room;
  };
  size_t room = shared_->Room();
  std::vector<Share> shares;
  for (const auto& [served, name] : turns_) {
    if (shares.size() >= room) break;
    const auto queue = queues_.find(name);
    const size_t own =
        std::min<size_t>(shared_->Room(*queue->second.tenant, now), queue->second.lanes.size());
    if (own > 0) shares.push_back({FromNow(served), queue, own});
  }
  const auto later = [](const Share& a, const Share& b) { return a.served > b.served; };
  std::ranges::make_heap(shares, later);
  for (; room > 0 && !shares.empty(); --room) {
    std::ranges::pop_heap(shares, later);
    Share& share = shares.back();
    share.served += StepOf(*share.queue->second.tenant);
    const bool last = --share.room == 0;
    Free(share.queue, LaneTry::kLook);
    if (last) {
      shares.pop_back();
    } else {
      std::ranges::push_heap(shares, later);
    }
  }
}

Caps::Next Caps::TakeNext(base::MonoTime now) {
  now_ = std::max(now_, now);
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
