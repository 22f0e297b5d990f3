#pragma once

#include <cstdint>
#include <limits>

#include "ring_queue.h"

namespace carillon::delivery {

/// Knows which routed events are not settled yet, and so where the watermark stands. Each wanted
/// event takes a slot of 16 bytes that counts the lanes it waits for; an event nobody wants takes
/// none. Slots are given back in order, so one old unsettled event keeps the slots of all younger
/// ones: the dispatcher bounds `size`.
class Tracker {
 public:
  /// No slot: the watermark does not wait for this delivery.
  static constexpr uint64_t kNone = std::numeric_limits<uint64_t>::max();

  /// Positions ascend. `pending` (at least 1) is the number of lanes.
  uint64_t Add(uint64_t position, uint32_t pending);

  /// One of the lanes of `slot` is done with it. Ends the process when it was already settled.
  void Settle(uint64_t slot);

  /// The position up to which everything is settled, when `next` is the next position to route.
  uint64_t Watermark(uint64_t next) const {
    return slots_.empty() ? next - 1 : slots_.front().position - 1;
  }

  size_t size() const { return slots_.size(); }
  /// Position of the i-th unsettled slot from the oldest.
  uint64_t PositionAt(size_t i) const { return slots_[i].position; }

 private:
  struct Slot {
    uint64_t position = 0;
    uint32_t pending = 0;
  };
  RingQueue<Slot> slots_;
  uint64_t first_ = 0;  // number of the oldest slot
};

}  // namespace carillon::delivery
