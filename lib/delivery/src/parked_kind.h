#pragma once

#include <cstdint>
#include <variant>

#include "carillon/base/clock.h"
#include "carillon/store/parked.h"

namespace carillon::delivery {

// What a parked row is. The store tells it by where the row stands, see store::Due: here it is told
// once, and whoever handles rows says for each kind what becomes of it.

/// A retry, or a batch of them: it waits for `due`.
struct TimedRow {
  base::WallTime due{};
};
/// A delivery that is held behind an earlier one of its group.
struct HeldRow {
  store::GroupId group = 0;
};
/// A delivery that a lane behind keeps, since its event's neighbors left the journal.
struct KeptRow {};
/// The place of a dead delivery behind which its group is stuck.
struct StuckRow {};

using ParkedKind = std::variant<TimedRow, HeldRow, KeptRow, StuckRow>;

inline ParkedKind KindOf(store::Due due) {
  switch (due.kind()) {
    case store::Due::Kind::kTimed:
      return TimedRow{due.time()};
    case store::Due::Kind::kHeld:
      return HeldRow{due.group()};
    case store::Due::Kind::kKept:
      return KeptRow{};
    case store::Due::Kind::kStuck:
      break;
  }
  return StuckRow{};
}

/// Visitors of kinds, one lambda for each.
template <typename... Each>
struct ForKind : Each... {
  using Each::operator()...;
};

/// Says that the delivery at `position` is dead, and that what follows it in its group is held.
inline store::Parked StuckMark(store::LaneId lane, store::GroupId group, uint64_t position) {
  return {
      .lane = lane, .due = store::Due::Stuck(), .position = position, .group = group, .rest = {}};
}

}  // namespace carillon::delivery
