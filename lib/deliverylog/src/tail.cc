#include "tail.h"

namespace carillon::deliverylog {

Tail::Tail(size_t capacity)
    : rows_(capacity),
      places_(std::bit_ceil(std::max<size_t>(capacity, 1))),
      last_(std::make_unique_for_overwrite<std::atomic<uint32_t>[]>(places_)),
      before_(std::make_unique_for_overwrite<uint32_t[]>(capacity)),
      odd_(std::make_unique_for_overwrite<uint32_t[]>(capacity)) {
  for (size_t i = 0; i < places_; ++i) last_[i].store(kNone, std::memory_order_relaxed);
}

// Who follows a chain may meet rows that are not counted yet, and passes over them.
void Tail::Publish(size_t size) {
  size_t odd = odd_size_.load(std::memory_order_relaxed);
  for (size_t i = size_.load(std::memory_order_relaxed); i < size; ++i) {
    const auto row = static_cast<uint32_t>(i);
    std::atomic<uint32_t>& last = LastAt(rows_[i].position);
    before_[i] = last.load(std::memory_order_relaxed);
    last.store(row, std::memory_order_release);
    if (rows_[i].odd()) odd_[odd++] = row;
  }
  odd_size_.store(odd, std::memory_order_release);
  size_.store(size, std::memory_order_release);
}

std::vector<uint32_t> Tail::OddRows() const {
  const auto end = static_cast<uint32_t>(size());
  const uint32_t* const odd = odd_.get();
  return {odd, std::lower_bound(odd, odd + odd_size_.load(std::memory_order_acquire), end)};
}

std::vector<uint32_t> Tail::AtPosition(uint64_t position) const {
  const auto end = static_cast<uint32_t>(size());
  std::vector<uint32_t> rows;
  uint32_t row = LastAt(position).load(std::memory_order_acquire);
  for (; row != kNone; row = before_[row]) {
    if (row < end && rows_[row].position == position) rows.push_back(row);
  }
  std::ranges::reverse(rows);
  return rows;
}

}  // namespace carillon::deliverylog
