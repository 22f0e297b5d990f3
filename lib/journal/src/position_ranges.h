#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace carillon::journal {

/// Ranges of positions, which do not overlap.
class PositionRanges {
 public:
  struct Range {
    uint64_t first = 0;
    uint64_t last = 0;
  };

  /// In any order; `Sort` before the others are asked.
  void Add(uint64_t first, uint64_t last) { ranges_.push_back({first, last}); }
  void Sort() {
    std::sort(ranges_.begin(), ranges_.end(),
              [](const Range& a, const Range& b) { return a.first < b.first; });
  }
  bool Contains(uint64_t position) const {
    auto after = std::upper_bound(ranges_.begin(), ranges_.end(), position,
                                  [](uint64_t at, const Range& range) { return at < range.first; });
    return after != ranges_.begin() && std::prev(after)->last >= position;
  }
  uint64_t last() const { return ranges_.empty() ? 0 : ranges_.back().last; }
  uint64_t first() const { return ranges_.empty() ? 0 : ranges_.front().first; }
  size_t size() const { return ranges_.size(); }

  /// What is missing between `from` and `to`, both included.
  std::vector<Range> Gaps(uint64_t from, uint64_t to) const {
    std::vector<Range> gaps;
    uint64_t next = from;
    for (const Range& range : ranges_) {
      if (range.last < next) continue;
      if (range.first > to) break;
      if (range.first > next) gaps.push_back({next, range.first - 1});
      next = range.last + 1;
    }
    if (next <= to) gaps.push_back({next, to});
    return gaps;
  }

 private:
  std::vector<Range> ranges_;
};

}  // namespace carillon::journal
