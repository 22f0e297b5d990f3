#pragma once

#include <optional>
#include <set>
#include <utility>

#include "carillon/base/clock.h"
#include "lane.h"

namespace carillon::delivery {

/// The lanes that have parked deliveries to ask the journal for, by due time (of the RetryClock).
class DueLanes {
 public:
  /// Lists the lane under the time its retry queue wants, or not at all
  /// (while it rests, too).
  void Refresh(Lane& lane, base::WallTime now);
  void Remove(Lane& lane);

  std::optional<base::WallTime> Next() const {
    return lanes_.empty() ? std::nullopt : std::optional(lanes_.begin()->due);
  }
  /// Takes a lane that is due off the list; null: none is.
  Lane* PopDue(base::WallTime now);

  /// Up to when to take rows of `lane`: `now`, but for a row that is due later than its retry
  /// policy ever asks for. Its time was set by a clock that has since been set back; it is taken
  /// now. Of a lane that drops its deliveries: whatever its time.
  static base::WallTime TakeUntil(const Lane& lane, base::WallTime next, base::WallTime now);

 private:
  struct Entry {
    base::WallTime due;
    journal::LaneId id;
    Lane* lane;
    friend bool operator<(const Entry& a, const Entry& b) {
      return std::pair(a.due, a.id) < std::pair(b.due, b.id);
    }
  };
  std::set<Entry> lanes_;
};

}  // namespace carillon::delivery
