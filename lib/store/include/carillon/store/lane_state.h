#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/model/disabled_reason.h"

namespace carillon::store {

/// Number of a destination in the store: given once, kept forever, never used again for another.
using LaneId = uint32_t;

/// Deliveries of one lane that go one after another: a hash of the ordering key, from 1 to
/// `kMaxGroup`. It is 0 for a delivery that has no order.
using GroupId = uint64_t;
inline constexpr GroupId kMaxGroup = (uint64_t{1} << 61) - 1;

using model::DisabledReason;

/// What the owner of a destination said with the call that made it what it is.
struct OwnerCall {
  base::WallTime at{};
  std::string principal;  ///< who called
  std::string reason;     ///< for people; may be empty
  friend bool operator==(const OwnerCall&, const OwnerCall&) = default;
};

/// How a destination fares; kept over restarts.
struct Health {
  /// Of a disabled one: since when every attempt had failed. A destination that is not disabled
  /// may have one from an older version; it means nothing, since a start begins that time anew.
  std::optional<base::WallTime> failing_since;
  std::optional<DisabledReason> disabled;
  base::WallTime disabled_at{};
  /// By which its owner made it what it is; null: something else did, or an older version.
  std::shared_ptr<const OwnerCall> call = nullptr;
  bool paused = false;  ///< by `call`; it is not disabled then
  /// When the pause ends by itself; what has passed is over. Nullopt: it does not.
  std::optional<base::WallTime> paused_until = std::nullopt;
  friend bool operator==(const Health& a, const Health& b) {
    const bool same_call = a.call == b.call || (a.call && b.call && *a.call == *b.call);
    return same_call && a.failing_since == b.failing_since && a.disabled == b.disabled &&
           a.disabled_at == b.disabled_at && a.paused == b.paused &&
           a.paused_until == b.paused_until;
  }
};

/// What is parked of one group.
struct GroupState {
  GroupId group = 0;
  uint64_t timed = 0;  ///< rows that wait for a time and hold deliveries of it
  uint64_t held = 0;   ///< rows at Due::Held(group)
  bool stuck = false;  ///< it has a mark at Due::Stuck()
};

/// What the store knows of a destination.
struct LaneState {
  LaneId lane = 0;
  /// The destination wants events from here on: it was not there before.
  uint64_t since = 1;
  std::optional<uint64_t> cursor;          ///< set: it had fallen behind; next position to look at
  uint64_t parked = 0;                     ///< number of parked deliveries (marks are none)
  uint64_t kept = 0;                       ///< of these, rows at Due::Kept()
  std::optional<base::WallTime> next_due;  ///< lowest time of a row that waits for one
  std::vector<GroupState> groups;          ///< those that have parked rows, ascending
  Health health;
};

struct LaneName {
  std::string tenant;
  std::string name;
  friend bool operator==(const LaneName&, const LaneName&) = default;
};

/// A lane that is not closed, in a list of all of them.
struct ListedLane {
  LaneId lane = 0;
  LaneName name;
  /// Marked by `LaneRegistry::TakeOut`, and not closed yet; its name may be in use again.
  bool taken_out = false;
};

/// What a lane had left when it was retired. Which events it wanted is not known any more: only
/// rows are counted.
struct RetiredLane {
  LaneName name;
  bool taken_out = false;  ///< it had been marked before
  uint64_t parked = 0;     ///< deliveries that have rows
  /// It may have wanted events from `from` to `last`, which were not settled for it; from above
  /// last: there are none.
  uint64_t from = 1;
  uint64_t last = 0;
};

}  // namespace carillon::store
