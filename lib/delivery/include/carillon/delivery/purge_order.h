#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/model/event.h"
#include "carillon/store/parked.h"

namespace carillon::delivery {

/// A delivery that waits, as it is shown to whoever decides about it.
struct WaitingDelivery {
  enum class State : uint8_t {
    kQueued,     ///< for its first attempt, or for one that somebody asked for
    kScheduled,  ///< for a retry
    kHeld,       ///< behind a dead one of its ordering group
  };
  State state = State::kQueued;
  const model::Event& event;
  uint32_t attempts = 0;               ///< made so far, as far as its row tells
  std::optional<base::WallTime> next;  ///< of kScheduled
};

/// Where a walk through what waits at a destination goes on: first through the journal from its
/// cursor on, then through its rows. A value; by default a walk begins.
struct PurgePlace {
  bool rows = false;
  uint64_t position = 0;  ///< of the journal
  store::ParkedKey row;
};

/// Deliveries of one destination that are to be given up, at its owner's call: either those that
/// are named, or a step of a walk through all that waits there.
struct PurgeOrder {
  static constexpr size_t kMaxStep = 2000;
  static constexpr size_t kMaxItems = 500;

  struct Item {
    uint64_t position = 0;
    /// It waits for this time, which it was told with its last attempt. If unset, it is dead: what
    /// is held behind it goes on.
    std::optional<base::WallTime> due;
  };

  uint32_t place = 0;  ///< of the table in force
  std::string tenant;
  std::string name;
  std::vector<Item> items;  ///< those that are named; kMaxItems. Empty: a step of a walk
  /// Of a walk: which are meant. Called on the dispatcher's thread.
  std::function<bool(const WaitingDelivery&)> wants;
  uint64_t end = 1;  ///< positions below it; at least 1
  PurgePlace from;
  size_t most = kMaxStep;   ///< a step gives up so many, or a batch more; 1 to kMaxStep
  bool only_count = false;  ///< nothing is given up
};

/// What came of it.
struct PurgeResult {
  static constexpr size_t kMaxSample = 100;

  enum class Item : uint8_t {
    kGone,    ///< it does not wait there
    kPurged,  ///< it did, and is given up
    kLeft,    ///< it is on its way
  };
  std::vector<Item> items;  ///< in the order of those that were named

  // Of a step:
  size_t looked_at = 0;
  size_t purged = 0;               ///< or would be
  std::vector<uint64_t> sample;    ///< positions of some of these
  std::optional<PurgePlace> next;  ///< where to go on; not set when that was all
  bool waits = false;              ///< what comes next cannot be looked at for now
};

}  // namespace carillon::delivery
