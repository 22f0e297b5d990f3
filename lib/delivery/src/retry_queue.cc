#include "retry_queue.h"

#include <algorithm>

namespace carillon::delivery {

size_t RetryQueue::AskLimit(size_t max_bytes, size_t max_rows) const {
  const size_t wanted = std::min(max_bytes / typical_bytes_, max_rows);
  const size_t fitting = std::clamp<size_t>(wanted, 4, kMaxTaken);
  return taken_.size() + fitting;
}

void RetryQueue::EndAsking(Asking asking, const store::DueDeliveries& answer) {
  asking.End();
  asking_ = false;
  ForgetRemoved();
  if (answer.next) AddDue(answer.next->time());
  size_t bytes = 0;
  size_t rows = 0;
  for (const store::DueDelivery& due : answer.due) {
    if (due.event == nullptr) continue;
    bytes += due.event->bytes();
    for (const model::EventPtr& member : due.rest) bytes += member == nullptr ? 0 : member->bytes();
    ++rows;
  }
  if (rows > 0) typical_bytes_ = std::max<size_t>(bytes / rows, 1);
}

void RetryQueue::ForgetRemoved() {
  if (asking_ || listings_ > 0) return;
  for (const TakenKey& key : removed_) taken_.erase(key);
  removed_.clear();
}

DeliveryBatch RetryQueue::Pop() {
  DeliveryBatch deliveries = queue_.pop_front();
  if (deliveries.attempts == 0) --untried_;
  return deliveries;
}

DeliveryBatch RetryQueue::PopUntried() {
  size_t at = 0;
  while (queue_[at].attempts > 0) ++at;
  // Those before it move up to its place.
  for (; at > 0; --at) std::swap(queue_[at], queue_[at - 1]);
  return Pop();
}

void RetryQueue::Drop() {
  while (!empty()) {
    const DeliveryBatch deliveries = Pop();
    // The row is still there: whatever answer or page is under way may bring it back.
    taken_.erase(Key(deliveries.due, deliveries.position()));
    AddDue(deliveries.due);
  }
}

}  // namespace carillon::delivery
