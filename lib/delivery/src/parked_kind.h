#pragma once

#include <cstdint>
#include <variant>

#include "carillon/base/clock.h"
#include "carillon/journal/journal.h"

namespace carillon::delivery {

// What a parked row is. The journal tells it by where the row lies (`due`), see journal::HeldDue:
// here it is told once, and whoever handles rows says for each kind what becomes of it.

/// A retry, or a batch of them: it waits for `due`.
struct TimedRow {
  base::WallTime due{};
};
/// A delivery that is held behind an earlier one of its group.
struct HeldRow {
  journal::GroupId group = 0;
};
/// A delivery that a lane behind keeps, since its event's neighbors left the journal.
struct KeptRow {};
/// The place of a dead delivery behind which its group is stuck.
struct StuckRow {};

using ParkedKind = std::variant<TimedRow, HeldRow, KeptRow, StuckRow>;

inline ParkedKind KindOf(base::WallTime due) {
  if (due < journal::kFirstHeldDue) return TimedRow{due};
  if (due == journal::kKeptDue) return KeptRow{};
  const journal::GroupId group = journal::GroupHeldAt(due);
  if (group == 0) return StuckRow{};
  return HeldRow{group};
}
inline bool IsTimed(base::WallTime due) { return std::holds_alternative<TimedRow>(KindOf(due)); }

/// Where the others lie.
inline base::WallTime DueOf(HeldRow row) { return journal::HeldDue(row.group); }
inline base::WallTime DueOf(KeptRow) { return journal::kKeptDue; }
inline base::WallTime DueOf(StuckRow) { return journal::HeldDue(0); }

/// Visitors of kinds, one lambda for each.
template <typename... Each>
struct ForKind : Each... {
  using Each::operator()...;
};

/// What follows the delivery in its group waits until the destination has another `generation`
/// than the one under which it died. The store keeps the generation where rows have attempts.
inline journal::Parked StuckMark(journal::LaneId lane, journal::GroupId group, uint64_t position,
                                 uint32_t generation) {
  return {.lane = lane,
          .due = DueOf(StuckRow{}),
          .position = position,
          .attempts = generation,
          .group = group,
          .rest = {}};
}
inline uint32_t GenerationOf(const journal::Parked& mark) { return mark.attempts; }

}  // namespace carillon::delivery
