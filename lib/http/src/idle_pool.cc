#include "idle_pool.h"

#include <algorithm>
#include <utility>

namespace carillon::http {
namespace {

/// Where nothing is known: more than any connection is kept idle for.
constexpr IdleSlot::Time kNever = std::chrono::hours(24 * 365);

}  // namespace

void IdleSlot::Leave() {
  if (pool_ != nullptr) std::exchange(pool_, nullptr)->Remove(*this);
}

void IdleSlot::Use(base::MonoTime now) {
  const Time gap = now - since_;
  gap_ = gap_ == kUnknown ? gap : (gap_ + gap) / 2;
  Leave();
}

// What is a little late is about to come; what is twice as late as ever has changed its ways: then
// it is likely to stay away for as long as it has been.
IdleSlot::Time IdleSlot::NextUse(base::MonoTime now) const {
  const Time idle = now - since_;
  if (gap_ == kUnknown) return kNever + idle;
  return idle > 2 * gap_ ? idle : std::max(gap_ - idle, idle - gap_);
}

void IdlePool::Add(IdleSlot& slot, base::MonoTime now) {
  slot.pool_ = this;
  slot.at_ = slots_.size();
  slot.since_ = now;
  slots_.push_back(&slot);
}

void IdlePool::Remove(IdleSlot& slot) {
  slots_[slot.at_] = slots_.back();
  slots_[slot.at_]->at_ = slot.at_;
  slots_.pop_back();
}

// Evenly spaced, from a place that moves on: neighbors became idle at about the same time.
IdleSlot* IdlePool::LeastNeeded(base::MonoTime now) {
  const size_t count = slots_.size();
  const size_t looks = std::min(count, kLooks);
  IdleSlot* least = nullptr;
  IdleSlot::Time farthest{};
  for (size_t i = 0; i < looks; ++i) {
    IdleSlot* const slot = slots_[(hand_ + i * count / looks) % count];
    const IdleSlot::Time next = slot->NextUse(now);
    if (least != nullptr && next <= farthest) continue;
    least = slot;
    farthest = next;
  }
  ++hand_;
  return least;
}

}  // namespace carillon::http
