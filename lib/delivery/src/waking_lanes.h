#pragma once

#include <optional>
#include <set>
#include <utility>

#include "carillon/base/clock.h"
#include "lane.h"

namespace carillon::delivery {

/// The lanes that may not start what they have before a certain time, by that time.
class WakingLanes {
 public:
  /// Lists the lane under the time it wants to be woken at, or not at all.
  void Refresh(Lane& lane) { List(lane, lane.closing() ? std::nullopt : lane.WakeAt()); }
  void Remove(Lane& lane) { List(lane, std::nullopt); }

  std::optional<base::MonoTime> Next() const {
    return lanes_.empty() ? std::nullopt : std::optional(lanes_.begin()->at);
  }
  /// Takes a lane whose time has come off the list; null: there is none.
  Lane* Pop(base::MonoTime now) {
    if (lanes_.empty() || lanes_.begin()->at > now) return nullptr;
    Lane* lane = lanes_.begin()->lane;
    Remove(*lane);
    return lane;
  }

 private:
  struct Entry {
    base::MonoTime at;
    journal::LaneId id;
    Lane* lane;
    friend bool operator<(const Entry& a, const Entry& b) {
      return std::pair(a.at, a.id) < std::pair(b.at, b.id);
    }
  };
  void List(Lane& lane, std::optional<base::MonoTime> at) {
    if (at == lane.marks.waking) return;
    if (lane.marks.waking) lanes_.erase({*lane.marks.waking, lane.id(), &lane});
    lane.marks.waking = at;
    if (at) lanes_.insert({*at, lane.id(), &lane});
  }

  std::set<Entry> lanes_;
};

}  // namespace carillon::delivery
