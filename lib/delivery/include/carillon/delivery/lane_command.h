#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace carillon::delivery {

/// What the owner of a destination asks for, beside its configuration.
enum class LaneCommand : uint8_t {
  /// Sends again, whatever disabled or paused it but its configuration or its receiver; its circuit
  /// breaker starts anew.
  kEnable,
  /// Sends nothing until it is enabled; what is in flight ends. What waits is kept or given up, as
  /// its configuration says.
  kDisable,
  /// Starts nothing until it is resumed, or `LaneOrder::pause` is over; what is in flight ends, and
  /// what waits is kept. Not for one that is disabled. Of one that is paused: instead of that
  /// pause.
  kPause,
  /// Ends a pause, that which the receiver asked for too. Not for one that is disabled.
  kResume,
  /// Lets go what `order.after_dead` holds behind deliveries that are dead; in order, and within
  /// its rate, as everything. What dies later holds again.
  kRelease,
};

/// A command for the destination at a place of the table in force.
struct LaneOrder {
  uint32_t place = 0;
  std::string tenant;
  std::string name;
  LaneCommand command = LaneCommand::kEnable;
  bool only_check = false;                        ///< whether it could be done; nothing changes
  std::string principal;                          ///< who asks; kept and shown
  std::string reason;                             ///< why, for people; the same
  std::optional<std::chrono::nanoseconds> pause;  ///< of kPause: for how long; nullopt: no end
  std::optional<std::string> ordering_key;  ///< of kRelease: only of this one; nullopt: of all
  /// Of kRelease, may be null: how many were held; set before the answer.
  std::shared_ptr<uint64_t> released;
};

}  // namespace carillon::delivery
