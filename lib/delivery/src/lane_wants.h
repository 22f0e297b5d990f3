#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "carillon/base/clock.h"

namespace carillon::delivery {

/// What lanes queue for, each in a queue of its own.
enum class LaneNeed : uint8_t {
  kHeldRows,  ///< to ask the journal for rows of deliveries that are held in a group
  kBacklog,   ///< to read what it kept, or what lies at its cursor
  kMarks,     ///< to look at the marks of its stuck groups
  kRecovery,  ///< to hear when everything that was accepted before the restart was offered
  kReport,    ///< to hand rows or its health over to the journal
  kCursor,    ///< to have its durable cursor followed
};
inline constexpr size_t kLaneNeeds = 6;

/// All that a lane waits for, by its own state. The scheduler lists it accordingly, and nowhere
/// else.
struct LaneWants {
  /// It has something to send that may start, unless it meets a cap that lanes share.
  bool send = false;
  uint8_t needs = 0;  ///< a bit for each LaneNeed
  /// When to call `Lane::Wake`; nothing: there is no need to.
  std::optional<base::MonoTime> wake_at;
  /// When to ask the journal for parked rows; nothing: there is no need to. A time further away
  /// than `due_horizon` was set by a clock that has been set back since, or does not matter any
  /// more: it has come.
  std::optional<base::WallTime> due_at;
  std::chrono::nanoseconds due_horizon{0};

  void Need(LaneNeed need, bool needed) {
    needs = static_cast<uint8_t>(needs | (needed ? 1 : 0) << static_cast<int>(need));
  }
  bool Needs(LaneNeed need) const { return (needs >> static_cast<int>(need) & 1) != 0; }
};

}  // namespace carillon::delivery
