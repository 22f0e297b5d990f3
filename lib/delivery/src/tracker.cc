#include "tracker.h"

#include <cstdio>
#include <cstdlib>

namespace carillon::delivery {

uint64_t Tracker::Add(uint64_t position, uint32_t pending) {
  slots_.push_back({position, pending});
  return first_ + slots_.size() - 1;
}

void Tracker::Settle(uint64_t slot) {
  if (slot < first_ || slot - first_ >= slots_.size() || slots_[slot - first_].pending == 0) {
    std::fputs("carillon: a delivery was settled twice\n", stderr);
    std::abort();
  }
  --slots_[slot - first_].pending;
  while (!slots_.empty() && slots_.front().pending == 0) {
    slots_.pop_front();
    ++first_;
  }
}

}  // namespace carillon::delivery
