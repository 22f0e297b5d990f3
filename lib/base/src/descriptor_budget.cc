#include "carillon/base/descriptor_budget.h"

#include <algorithm>

namespace carillon::base {

void DescriptorBudget::Join(Party& party) {
  const base::MutexLock lock(mutex_);
  parties_.push_back(&party);
}

void DescriptorBudget::Leave(Party& party) {
  const base::MutexLock lock(mutex_);
  std::erase(parties_, &party);
  std::erase(waiting_, &party);
  wanted_ = !waiting_.empty();
}

bool DescriptorBudget::TakeLocked() {
  if (taken_ >= places_ || !waiting_.empty()) return false;
  ++taken_;
  return true;
}

bool DescriptorBudget::TryTake() {
  const base::MutexLock lock(mutex_);
  return TakeLocked();
}

bool DescriptorBudget::TakeOrWait(Party& party) {
  const base::MutexLock lock(mutex_);
  if (TakeLocked()) return true;
  waiting_.push_back(&party);
  wanted_ = true;
  for (Party* other : parties_) {
    if (other != &party) other->OnWanted(waiting_.size());
  }
  return false;
}

void DescriptorBudget::Give() {
  const base::MutexLock lock(mutex_);
  if (waiting_.empty()) {
    --taken_;
    return;
  }
  Party* const next = waiting_.front();
  waiting_.pop_front();
  wanted_ = !waiting_.empty();
  next->OnPlace();
}

size_t DescriptorBudget::taken() const {
  const base::MutexLock lock(mutex_);
  return taken_;
}

size_t DescriptorBudget::waiting() const {
  const base::MutexLock lock(mutex_);
  return waiting_.size();
}

}  // namespace carillon::base
