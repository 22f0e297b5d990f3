#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "carillon/store/lane_state.h"

namespace carillon::store {

/// The deliveries of a shard that were settled before it was taken though their events are read
/// again: they lie above its watermark, or at or above the cursor of their lane.
/// Filled once; then immutable, and read from any thread.
class SettledSet {
 public:
  SettledSet() = default;
  explicit SettledSet(std::vector<std::pair<uint64_t, LaneId>> settled)
      : settled_(std::move(settled)) {
    std::sort(settled_.begin(), settled_.end());
    settled_.erase(std::unique(settled_.begin(), settled_.end()), settled_.end());
  }
  bool Contains(uint64_t position, LaneId lane) const {
    if (settled_.empty() || position > settled_.back().first) return false;
    return std::binary_search(settled_.begin(), settled_.end(), std::pair(position, lane));
  }
  size_t size() const { return settled_.size(); }

 private:
  std::vector<std::pair<uint64_t, LaneId>> settled_;
};

}  // namespace carillon::store
