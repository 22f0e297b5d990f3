#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
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

  /// Not delivered by a success, as nearly all rows are.
  bool odd() const { return outcome != model::Outcome::kSuccess || state != State::kDelivered; }
};

/// The rows of the segment that is written to, in memory, until they are sealed and have lists:
/// found by looking at all of them, the odd ones and those of a position by what is kept of these.
/// One thread adds; any reads what `size` counts, without a lock.
class Tail {
 public:
  explicit Tail(size_t capacity);

  /// Not above the capacity; read after `Publish`.
  void Put(size_t index, const TailRow& row) { rows_[index] = row; }
  /// The rows up to `size` are there for good.
  void Publish(size_t size);

  size_t capacity() const { return rows_.size(); }
  size_t size() const { return size_.load(std::memory_order_acquire); }
  const TailRow& operator[](size_t index) const { return rows_[index]; }

  /// The odd rows below `size`, ascending.
  std::vector<uint32_t> OddRows() const;
  /// The rows of an event, ascending.
  std::vector<uint32_t> AtPosition(uint64_t position) const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  std::atomic<uint32_t>& LastAt(uint64_t position) const { return last_[position & (places_ - 1)]; }

  std::vector<TailRow> rows_;
  const size_t places_;  // a power of two
  // Of each place of positions, the last row, and of each row the one before it at its place.
  std::unique_ptr<std::atomic<uint32_t>[]> last_;
  std::unique_ptr<uint32_t[]> before_;
  std::unique_ptr<uint32_t[]> odd_;
  std::atomic<size_t> odd_size_{0};
  std::atomic<size_t> size_{0};
};

}  // namespace carillon::deliverylog
