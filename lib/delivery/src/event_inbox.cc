#include "event_inbox.h"

namespace carillon::delivery {

bool Inbox::Join(uint64_t last) {
  const base::MutexLock lock(mutex_);
  if (last <= committed_) return false;
  committed_ = last;
  return true;
}

bool Inbox::Put(const store::EventBatchPtr& batch) {
  size_t bytes = 0;
  for (const model::EventPtr& event : batch->events) bytes += event->bytes();
  const base::MutexLock lock(mutex_);
  committed_ = batch->last;
  const bool was_empty = entries_.empty();
  if (!was_empty && bytes_ + bytes > max_bytes_) return false;
  entries_.push_back({batch, bytes});
  bytes_ += bytes;
  return was_empty;
}

store::EventBatchPtr Inbox::Take(uint64_t next) {
  const base::MutexLock lock(mutex_);
  while (!entries_.empty() && entries_.front().batch->first <= next) {
    Entry entry = std::move(entries_.front());
    entries_.pop_front();
    bytes_ -= entry.bytes;
    if (entry.batch->last >= next) return std::move(entry.batch);
  }
  return nullptr;
}

}  // namespace carillon::delivery
