#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/model/event.h"
#include "carillon/model/trigger.h"
#include "carillon/store/lane_state.h"

namespace carillon::store {

/// Where a parked row stands among those of its lane. Rows that wait for a time come first, in the
/// order of their times; then the marks of stuck groups; then what is held, by group; at last what
/// a lane behind keeps. How a store writes it is its own affair. A value.
class Due {
 public:
  enum class Kind : uint8_t {
    kTimed,  ///< it is tried again at a time
    kStuck,  ///< it only keeps the place of a dead delivery behind which its group is stuck
    kHeld,   ///< it is held behind an earlier delivery of its group
    kKept,   ///< it is kept one by one, since the store was to let go of the events around it
  };

  /// The first of all there can be.
  constexpr Due() : Due(At(base::WallTime::min())) {}
  static constexpr Due At(base::WallTime time) {
    return Due(Kind::kTimed, time.time_since_epoch().count());
  }
  static constexpr Due Stuck() { return Due(Kind::kStuck, 0); }
  static constexpr Due Held(GroupId group) { return Due(Kind::kHeld, static_cast<int64_t>(group)); }
  static constexpr Due Kept() { return Due(Kind::kKept, 0); }

  constexpr Kind kind() const { return kind_; }
  constexpr bool timed() const { return kind_ == Kind::kTimed; }
  /// Only of kTimed.
  constexpr base::WallTime time() const { return base::WallTime(std::chrono::nanoseconds(value_)); }
  /// Only of kHeld.
  constexpr GroupId group() const { return static_cast<GroupId>(value_); }

  friend constexpr auto operator<=>(const Due&, const Due&) = default;

 private:
  constexpr Due(Kind kind, int64_t value) : kind_(kind), value_(value) {}

  Kind kind_;
  int64_t value_;
};

/// One of the further deliveries of a batch.
struct BatchMember {
  uint64_t position = 0;
  GroupId group = 0;
  friend bool operator==(const BatchMember&, const BatchMember&) = default;
};

/// Of a batch, all but its first are no more than this.
inline constexpr size_t kMaxRest = 1'000;

/// A delivery that failed and waits; or a batch of them, which stays together: one row.
struct Parked {
  LaneId lane = 0;
  Due due;
  uint64_t position = 0;  ///< of a batch: of its first
  uint32_t attempts = 0;  ///< made so far
  GroupId group = 0;
  std::vector<BatchMember> rest;  ///< of a batch: all but its first, in its order; `kMaxRest`
  uint64_t bytes = 0;             ///< of its events' records; what is kept is bounded by them
  /// Unless it is kPublish: it is made again, or beside its turn, since somebody asked for that:
  /// how old its event is says nothing of how late it is. Only of what waits for a time.
  model::Trigger trigger = model::Trigger::kPublish;
  /// Attempts that were made before somebody asked for that, as far as is known; kMaxEarlier at
  /// most. They do not count for the schedule, only for the numbers that attempts are given.
  uint32_t earlier = 0;

  bool again() const { return trigger != model::Trigger::kPublish; }
};
inline constexpr uint32_t kMaxEarlier = (uint32_t{1} << 20) - 1;

/// Names a parked row.
struct ParkedKey {
  LaneId lane = 0;
  Due due;
  uint64_t position = 0;
};

/// A parked delivery that is due, with its event. The row stays until it is unparked.
struct DueDelivery {
  Parked parked;
  model::EventPtr event;              ///< null when it is gone from the log (never, it should)
  std::vector<model::EventPtr> rest;  ///< of `parked.rest`; null as above
};

struct DueDeliveries {
  std::vector<DueDelivery> due;  ///< ascending by (due, position)
  std::optional<Due> next;       ///< of the first row not returned; not set when that was all
};

/// A part of the parked rows of a lane, in the order of their keys.
struct ParkedPage {
  std::vector<Parked> rows;
  std::optional<ParkedKey> next;  ///< where to go on; not set when that was all
};

}  // namespace carillon::store
