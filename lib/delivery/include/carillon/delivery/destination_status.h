#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "carillon/base/clock.h"
#include "carillon/model/disabled_reason.h"
#include "carillon/model/outcome.h"
#include "carillon/store/lane_state.h"

namespace carillon::delivery {

/// Which destination is meant: the one at a place of the table in force, of that name.
struct LanePlace {
  uint32_t place = 0;
  std::string tenant;
  std::string name;
};

/// How a destination fares, at one moment. A value.
struct DestinationStatus {
  enum class State : uint8_t { kActive, kPaused, kDisabled };
  /// The circuit breaker: after it was open one attempt goes, then twice as many with each success.
  enum class Circuit : uint8_t { kClosed, kOpen, kHalfOpen, kRamping };

  State state = State::kActive;
  std::optional<model::DisabledReason> disabled;  ///< why, of one that is
  /// Its owner's, that made it so; null: something else did, or it is not known.
  std::shared_ptr<const store::OwnerCall> call;
  std::optional<base::WallTime> since;       ///< it is in that state, as far as is known
  std::optional<base::WallTime> pause_ends;  ///< of a pause that ends by itself

  // Of attempts since the start of the process.
  std::optional<base::WallTime> last_attempt;  ///< when it ended
  std::optional<base::WallTime> last_success;
  model::Outcome last_outcome = model::Outcome::kSuccess;  ///< of `last_attempt`
  uint16_t last_http_status = 0;                           ///< 0 when no response came
  /// Since when every attempt failed; of a disabled one, also before the start.
  std::optional<base::WallTime> failing_since;

  Circuit circuit = Circuit::kClosed;
  std::optional<base::WallTime> probe_at;  ///< when an open one is tried again

  uint64_t queued = 0;  ///< deliveries in memory that wait for their first attempt
  uint64_t parked = 0;  ///< deliveries that have rows: see model::Pending
  bool behind = false;  ///< more wait for their first attempt, in the journal
  std::optional<base::WallTime> oldest_accepted;  ///< of what waits in memory
  size_t in_flight = 0;                           ///< attempts
  size_t concurrency = 0;                         ///< attempts in flight at most, now
};

}  // namespace carillon::delivery
