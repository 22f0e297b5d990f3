#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "carillon/store/lane_state.h"

namespace carillon::delivery {

/// Positions with which lanes are done though they lie at or above their cursors: what a purge gave
/// up before it was read. As ranges, and only for as long as a lane may read them; that they are
/// done with is durable as dead letters, which store::SettledSet knows after a restart. One thread.
class Skipped {
 public:
  static constexpr size_t kMaxRanges = 65'536;  ///< of one lane

  bool Contains(store::LaneId lane, uint64_t position) const {
    if (lanes_.empty()) return false;
    const auto found = lanes_.find(lane);
    return found != lanes_.end() && Holds(found->second, position);
  }
  /// Whether one more range can be added.
  bool HasRoom(store::LaneId lane) const {
    const auto found = lanes_.find(lane);
    return found == lanes_.end() || found->second.size() < kMaxRanges;
  }
  /// The lane is done with `position`, and waits for nothing else from `from` up to there. There is
  /// room.
  void Add(store::LaneId lane, uint64_t from, uint64_t position);
  /// `below(lane)`: the lane reads nothing below it any more.
  void ForgetBelow(const std::function<uint64_t(store::LaneId)>& below);

  size_t ranges(store::LaneId lane) const {
    const auto found = lanes_.find(lane);
    return found == lanes_.end() ? 0 : found->second.size();
  }

 private:
  struct Range {
    uint64_t first = 0;
    uint64_t end = 0;  // behind its last
  };
  using Ranges = std::vector<Range>;  // ascending, apart from each other
  static bool Holds(const Ranges& ranges, uint64_t position);

  std::map<store::LaneId, Ranges> lanes_;
};

}  // namespace carillon::delivery
