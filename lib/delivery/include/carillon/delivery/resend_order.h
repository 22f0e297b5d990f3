#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/model/trigger.h"

namespace carillon::delivery {

/// Deliveries that are to be made to one destination beside those that routing gives it: again, or
/// for the first time. Whoever asks has seen that their events are in the journal.
struct ResendOrder {
  static constexpr size_t kMaxItems = 1000;

  struct Item {
    uint64_t position = 0;
    uint64_t bytes = 0;  ///< of the event's record
    /// Attempts of it that were made, as far as is known: those to come are numbered behind them.
    /// Of one that waits, the number of its row is taken instead.
    uint32_t earlier = 0;
    /// It waits for this time, which it was told with its last attempt: it goes now instead. If
    /// unset, it does not wait for anything.
    std::optional<base::WallTime> due;
  };

  uint32_t place = 0;  ///< of the table in force
  std::string tenant;
  std::string name;
  model::Trigger trigger = model::Trigger::kResend;
  std::vector<Item> items;  ///< in the order in which they are to be taken; kMaxItems
  /// Of the destination's deliveries may be parked; where there are more, the rest is not taken.
  uint64_t max_parked = UINT64_MAX;
  /// Only what is settled there, or was never wanted: not what may still be on its first way. The
  /// first of these ends the order.
  bool settled_only = false;
};

}  // namespace carillon::delivery
