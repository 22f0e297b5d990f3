#pragma once

#include <cstdint>
#include <string>

namespace carillon::delivery {

/// What the owner of a destination asks for, beside its configuration.
enum class LaneCommand : uint8_t {
  /// Sends again, whatever disabled it but its configuration; its circuit breaker starts anew.
  kEnable,
  /// Sends nothing until it is enabled; what is in flight ends. What waits is kept or given up, as
  /// its configuration says.
  kDisable,
};

/// A command for the destination at a place of the table in force.
struct LaneOrder {
  uint32_t place = 0;
  std::string tenant;
  std::string name;
  LaneCommand command = LaneCommand::kEnable;
};

}  // namespace carillon::delivery
