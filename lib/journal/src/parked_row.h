#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/journal/journal.h"
#include "carillon/sqlite/database.h"

namespace carillon::journal {

/// In the column `attempts`, above the number: see Parked::trigger, and from kEarlierShift on
/// Parked::earlier.
inline constexpr int64_t kAgainBit = int64_t{1} << 32;
inline constexpr int64_t kReplayBit = int64_t{1} << 33;
inline constexpr int kEarlierShift = 34;

/// What the column `attempts` has of the row.
int64_t AttemptsOf(const Parked& row);

/// The row of `parked` that a statement stands at, which selects
/// `due_ns, position, attempts, group_id, rest, bytes`. DATA_LOSS when it is damaged.
absl::StatusOr<Parked> GetParked(LaneId lane, const sqlite::Statement& row);

/// True for a row that only keeps the place of a dead delivery.
inline bool IsMark(const Parked& row) { return row.due == Due::Stuck(); }

/// Adds what becomes of the row's deliveries when its lane is closed: each is dead (`cancelled`),
/// unless it was before.
void Cancel(const Parked& row, base::WallTime at, std::vector<DeadLetter>& dead);

}  // namespace carillon::journal
