#include "hand_over.h"

#include "codec.h"

namespace carillon::deliverylog {

void HandOver::Add(uint32_t shard, const Entry& entry) {
  const size_t bytes = EntryBytes(entry);
  if (bytes_.load(std::memory_order_relaxed) + bytes > max_bytes_) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  Stripe& stripe = stripes_[shard % kStripes];
  const base::MutexLock lock(stripe.mutex);
  const size_t before = stripe.bytes.size();
  PutEntry(stripe.bytes, entry);
  bytes_.fetch_add(stripe.bytes.size() - before, std::memory_order_relaxed);
}

void HandOver::Take(std::array<std::string, kStripes>& batches) {
  for (size_t i = 0; i < kStripes; ++i) {
    batches[i].clear();
    const base::MutexLock lock(stripes_[i].mutex);
    batches[i].swap(stripes_[i].bytes);
    bytes_.fetch_sub(batches[i].size(), std::memory_order_relaxed);
  }
}

}  // namespace carillon::deliverylog
