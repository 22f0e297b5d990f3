#include "hand_over.h"

#include "codec.h"

namespace carillon::deliverylog {

void HandOver::Add(uint32_t shard, const Entry& entry) {
  const size_t bytes = EntryBytes(entry);
  Stripe& stripe = stripes_[shard % kStripes];
  const base::MutexLock lock(stripe.mutex);
  if (stripe.bytes.size() + bytes > stripe_bytes_) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  PutEntry(stripe.bytes, entry);
}

void HandOver::Take(std::array<std::string, kStripes>& batches) {
  for (size_t i = 0; i < kStripes; ++i) {
    batches[i].clear();
    const base::MutexLock lock(stripes_[i].mutex);
    batches[i].swap(stripes_[i].bytes);
  }
}

}  // namespace carillon::deliverylog
