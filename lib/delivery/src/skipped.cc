#include "skipped.h"

#include <algorithm>
#include <iterator>

namespace carillon::delivery {

bool Skipped::Holds(const Ranges& ranges, uint64_t position) {
  const auto after = std::ranges::upper_bound(ranges, position, {}, &Range::first);
  return after != ranges.begin() && position < std::prev(after)->end;
}

void Skipped::Add(store::LaneId lane, uint64_t from, uint64_t position) {
  Ranges& ranges = lanes_[lane];
  Range added{from, position + 1};
  // Those that it meets become one with it.
  const auto first = std::ranges::lower_bound(ranges, added.first, {}, &Range::end);
  auto last = first;
  for (; last != ranges.end() && last->first <= added.end; ++last) {
    added.first = std::min(added.first, last->first);
    added.end = std::max(added.end, last->end);
  }
  ranges.insert(ranges.erase(first, last), added);
}

void Skipped::ForgetBelow(const std::function<uint64_t(store::LaneId)>& below) {
  for (auto it = lanes_.begin(); it != lanes_.end();) {
    Ranges& ranges = it->second;
    const auto left = std::ranges::upper_bound(ranges, below(it->first), {}, &Range::end);
    ranges.erase(ranges.begin(), left);
    it = ranges.empty() ? lanes_.erase(it) : std::next(it);
  }
}

}  // namespace carillon::delivery
