#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/journal/journal.h"
#include "held_event.h"
#include "tracker.h"

namespace carillon::delivery {

class Lane;

/// One event due at one lane, in memory. It waits in the lane or is in flight.
struct Delivery {
  HeldRef event;
  uint64_t slot = Tracker::kNone;  ///< of the tracker; kNone: the watermark does not wait for it
  journal::GroupId group = 0;      ///< it goes in order with the others of this group
  bool held = false;               ///< it has a row in the journal, at HeldDue(group)
};

/// What one POST carries: one delivery, or a batch of them in their order.
struct Parcel {
  Delivery first;
  std::vector<Delivery> rest;
  base::WallTime due{};   ///< of its parked row
  uint32_t attempts = 0;  ///< made so far
  bool parked = false;    ///< it has a timed row in the journal, one for all its deliveries

  size_t size() const { return 1 + rest.size(); }
  uint64_t position() const { return first.event->position(); }
  template <typename Visit>
  void ForEach(Visit visit) {
    visit(first);
    for (Delivery& delivery : rest) visit(delivery);
  }
  template <typename Visit>
  void ForEach(Visit visit) const {
    visit(first);
    for (const Delivery& delivery : rest) visit(delivery);
  }
};

/// A parcel in flight.
struct Attempt {
  Lane* lane = nullptr;
  Parcel parcel;
  uint32_t index = 0;       ///< in the slab
  uint32_t generation = 0;  ///< of the slot, so that an old token finds nothing
  uint32_t place = 0;       ///< in the lane's list
  bool live = false;

  uint64_t token() const { return uint64_t{generation} << 32 | index; }
};

/// The attempts under way in a shard, found by token. Addresses are stable.
class Attempts {
 public:
  Attempt& Start(Lane& lane, Parcel&& parcel) {
    if (free_.empty()) {
      free_.push_back(static_cast<uint32_t>(slab_.size()));
      slab_.emplace_back().index = free_.back();
    }
    Attempt& attempt = slab_[free_.back()];
    free_.pop_back();
    attempt.lane = &lane;
    attempt.parcel = std::move(parcel);
    attempt.live = true;
    ++live_;
    return attempt;
  }

  /// Null: there is no such attempt (any more).
  Attempt* Find(uint64_t token) {
    const auto index = static_cast<uint32_t>(token);
    if (index >= slab_.size()) return nullptr;
    Attempt& attempt = slab_[index];
    return attempt.live && attempt.token() == token ? &attempt : nullptr;
  }

  /// It is answered, but its deliveries stay unsettled: it keeps its slot of the slab.
  void Abandon(Attempt& attempt) {
    attempt.live = false;
    --live_;
  }

  void Finish(Attempt& attempt) {
    Abandon(attempt);
    attempt.parcel = {};
    attempt.lane = nullptr;
    ++attempt.generation;
    free_.push_back(attempt.index);
  }

  size_t live() const { return live_; }

 private:
  std::deque<Attempt> slab_;
  std::vector<uint32_t> free_;
  size_t live_ = 0;
};

}  // namespace carillon::delivery
