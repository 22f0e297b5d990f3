#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/model/event.h"
#include "carillon/model/outcome.h"
#include "carillon/store/lane_state.h"
#include "carillon/store/parked.h"

namespace carillon::store {

/// Number of a shard: a share of the lanes that has one owner at a time. Shards are numbered from 0
/// up to a number that is the same for all who use a store at a time, at most `kMaxShards`.
using ShardId = uint32_t;
inline constexpr ShardId kMaxShards = 4096;

/// A row of the attempt log. One attempt that carried n deliveries makes n rows.
struct AttemptRow {
  uint64_t position = 0;
  LaneId lane = 0;
  uint32_t number = 1;  ///< 1 for the first attempt of the delivery
  model::Outcome outcome = model::Outcome::kSuccess;
  uint16_t http_status = 0;  ///< 0 when no response came
  base::WallTime started{};
  uint32_t duration_us = 0;
  /// False where the delivery stays where it was: cancelled by shutdown, to be sent after restart.
  bool settles = true;
};

/// A delivery that was given up.
struct DeadLetter {
  LaneId lane = 0;
  uint64_t position = 0;
  uint32_t attempts = 0;
  model::Outcome outcome = model::Outcome::kSuccess;
  base::WallTime at{};
};

/// Where a lane that fell behind stands: every event it wanted below `position` is settled for it,
/// and the watermark does not wait for it. A lane that caught up has none, and counts again.
struct LaneCursor {
  LaneId lane = 0;
  std::optional<uint64_t> position;
};

struct LaneHealth {
  LaneId lane = 0;
  Health health;
};

/// What the owner of a shard has to tell since the last time; written whole or not at all.
struct Settlement {
  ShardId shard = 0;
  uint64_t epoch = 0;  ///< of the owner; see ShardState
  std::vector<AttemptRow> attempts;
  std::vector<Parked> parked;       ///< rows to add
  std::vector<ParkedKey> unparked;  ///< rows to remove (applied before `parked` is added)
  std::vector<DeadLetter> dead;
  std::vector<LaneCursor> cursors;
  std::vector<LaneHealth> healths;
  /// Events of Carillon's own (see `model/operational.h`): appended together with the settlement,
  /// with the next positions, and handed to the consumers as others are. Their ids are new; they
  /// are not held against the bound of what waits to be durable.
  std::vector<std::shared_ptr<model::Event>> events;
  /// At and below it no event waits for a lane of this shard that keeps up: each of its deliveries
  /// is delivered, parked or dead, or belongs to a lane that is behind, whose cursor covers it.
  uint64_t watermark = 0;
};

}  // namespace carillon::store
