#include "retry_queue.h"

#include <algorithm>

namespace carillon::delivery {

size_t RetryQueue::AskLimit(size_t max_bytes, size_t max_rows) const {
  const size_t wanted = std::min(max_bytes / typical_bytes_, max_rows);
  const size_t fitting = std::clamp<size_t>(wanted, 4, kMaxTaken);
  return taken_.size() + fitting;
}

void RetryQueue::EndAsking(const journal::DueDeliveries& answer) {
  asking_ = false;
  for (const TakenKey& key : removed_) taken_.erase(key);
  removed_.clear();
  if (answer.next_due) AddDue(*answer.next_due);
  size_t bytes = 0;
  size_t events = 0;
  for (const journal::DueDelivery& due : answer.due) {
    if (due.event == nullptr) continue;
    bytes += due.event->bytes();
    ++events;
  }
  if (events > 0) typical_bytes_ = std::max<size_t>(bytes / events, 1);
}

void RetryQueue::Drop() {
  while (!queue_.empty()) {
    const Delivery delivery = queue_.pop_front();
    Forget(delivery.due, delivery.event->position());
    AddDue(delivery.due);
  }
}

}  // namespace carillon::delivery
