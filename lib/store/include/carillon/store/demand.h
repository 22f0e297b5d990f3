#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "carillon/base/clock.h"
#include "carillon/store/lane_state.h"

namespace carillon::store {

/// How much of what is kept for a lane is to be given up: every delivery of it up to a position.
struct EvictionRequest {
  uint64_t up_to = 0;
  uint64_t too_old_to = 0;  ///< those up to here for their age, the others for their number or size
  /// Those above are given up only for what is kept for the tenant's destinations together.
  uint64_t of_tenant_above = UINT64_MAX;
  friend bool operator==(const EvictionRequest&, const EvictionRequest&) = default;
};

/// What the store asks of the shards, so that what is kept for some destinations stays in its
/// bounds and the events of others can leave.
struct Demand {
  /// Events up to here leave when no lane behind stands at or below it: such a lane moves its
  /// cursor on, and keeps what it wants of them as rows at Due::Kept(). At 0 it asks nothing.
  uint64_t leave_to = 0;
  /// What was accepted before is too old to be kept.
  base::WallTime keep_since = base::WallTime::min();
  uint64_t version = 0;  ///< another number: `evict` is another
  std::shared_ptr<const std::map<LaneId, EvictionRequest>> evict;  ///< null when there is nothing
};

/// What is kept for one destination and holds the log back.
struct Holder {
  std::string tenant;
  std::string name;
  uint64_t deliveries = 0;  ///< with rows: retries, held, kept
  uint64_t bytes = 0;       ///< of these, and about what lies behind its cursor
  base::WallTime since{};   ///< acceptance of the oldest event that it needs
};

/// Holders that are told of.
inline constexpr size_t kMaxHolders = 10;

}  // namespace carillon::store
