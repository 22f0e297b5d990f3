#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace carillon::model {

/// What one destination has left to deliver: what is given up when it is taken out of the
/// configuration. Each delivery is in one of the figures. A value.
struct Pending {
  std::string tenant;
  std::string name;
  uint64_t parked = 0;     ///< have rows: retries (those under way, too), held, kept
  uint64_t in_memory = 0;  ///< wait for their first attempt in memory
  uint64_t in_flight = 0;  ///< under way for the first time
  /// How many still lie in the journal behind its cursor. It is not set when there are too many
  /// events to look at; then they are among those from position `behind_from` on.
  std::optional<uint64_t> behind = 0;
  uint64_t behind_from = 0;

  /// Those that were counted.
  uint64_t counted() const { return parked + in_memory + in_flight + behind.value_or(0); }
};

/// The same of several, at about one time.
struct PendingReport {
  std::vector<Pending> destinations;
  uint64_t next_position = 0;  ///< nothing lies behind a cursor at or above it
};

}  // namespace carillon::model
