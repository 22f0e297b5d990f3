#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "carillon/journal/journal.h"

namespace carillon::journal {

/// The deliveries that were settled before the restart and are not below what is read again.
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

}  // namespace carillon::journal
