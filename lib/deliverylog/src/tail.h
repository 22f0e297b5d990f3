#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/deliverylog/record.h"

namespace carillon::deliverylog {

/// What of a row the lists of a segment are made of.
struct TailRow {
  uint64_t position = 0;
  base::WallTime started{};
  uint32_t tenant = 0;
  uint32_t destination = 0;
  uint32_t event_type = 0;
  uint32_t id_hash = 0;
  model::Outcome outcome = model::Outcome::kSuccess;
  State state = State::kDelivered;
};

/// The rows of the segment that is written to, in memory: found by looking at all of them, until
/// they are sealed and have lists. One thread adds; any reads what `size` counts, without a lock.
class Tail {
 public:
  explicit Tail(size_t capacity) : rows_(capacity) {}

  /// Not above the capacity; read after `Publish`.
  void Put(size_t index, const TailRow& row) { rows_[index] = row; }
  void Publish(size_t size) { size_.store(size, std::memory_order_release); }

  size_t capacity() const { return rows_.size(); }
  size_t size() const { return size_.load(std::memory_order_acquire); }
  const TailRow& operator[](size_t index) const { return rows_[index]; }

 private:
  std::vector<TailRow> rows_;
  std::atomic<size_t> size_{0};
};

}  // namespace carillon::deliverylog
