#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/http/courier.h"
#include "carillon/store/lane_state.h"
#include "held_event.h"
#include "parked_kind.h"
#include "tracker.h"

namespace carillon::delivery {

class Lane;

/// One event due at one lane, in memory. It waits in the lane or is in flight.
struct Delivery {
  HeldRef event;
  uint64_t slot = Tracker::kNone;  ///< of the tracker; kNone: the watermark does not wait for it
  store::GroupId group = 0;        ///< it goes in order with the others of this group
  uint32_t attempts = 0;           ///< made so far, where it waits without a time of its own
  bool held = false;               ///< it has a row of its own in the journal, at RowDue()
  bool kept = false;               ///< that row is one of those that a lane behind keeps

  store::Due RowDue() const { return kept ? store::Due::Kept() : store::Due::Held(group); }
};

/// What one POST carries: one delivery, or a batch of them in their order.
struct DeliveryBatch {
  Delivery first;
  std::vector<Delivery> rest;
  base::WallTime due{};   ///< of its parked row
  uint32_t attempts = 0;  ///< made so far
  bool parked = false;    ///< it has a timed row in the journal, one for all its deliveries
  model::Trigger trigger = model::Trigger::kPublish;  ///< see store::Parked
  uint32_t earlier = 0;                               ///< the same

  size_t size() const { return 1 + rest.size(); }
  uint64_t position() const { return first.event->position(); }
  /// Returns the event whose trace is the request's: the first of a trace that is recorded, or else
  /// the first of any; null when none belongs to a trace.
  const model::Event* Traced() const {
    const model::Event* any = first.event->traced() ? &*first.event : nullptr;
    if (rest.empty() || first.event->sampled()) return any;
    for (const Delivery& delivery : rest) {
      if (delivery.event->sampled()) return &*delivery.event;
      if (any == nullptr && delivery.event->traced()) any = &*delivery.event;
    }
    return any;
  }
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

/// Names an attempt to the courier and back: its place in the slab, and how often that place was
/// used before, so that an answer that comes late finds nothing. This is where each bit of a token
/// has its owner: 0 to 31 the place, 32 to 62 the use (it wraps within them), 63 the courier (see
/// http::kCourierToken).
class AttemptToken {
 public:
  static constexpr uint32_t kUses = uint32_t{1} << 31;

  static uint64_t Make(uint32_t place, uint32_t use) { return uint64_t{use % kUses} << 32 | place; }
  static uint32_t PlaceOf(uint64_t token) { return static_cast<uint32_t>(token); }
  static uint32_t NextUse(uint32_t use) { return (use + 1) % kUses; }

  static_assert((uint64_t{kUses - 1} << 32 | UINT32_MAX) < http::kCourierToken);
};

/// A batch in flight.
struct Attempt {
  Lane* lane = nullptr;
  DeliveryBatch deliveries;
  uint32_t index = 0;  ///< in the slab
  uint32_t use = 0;    ///< how often its place in the slab was used before
  uint32_t place = 0;  ///< in the lane's list
  bool live = false;
  uint64_t span = 0;        ///< id of the span that it is; 0: it belongs to no trace
  uint32_t sent_bytes = 0;  ///< of its body
  /// How late it started, where it is a first one; else kNotFirst.
  std::chrono::nanoseconds late{};
  static constexpr std::chrono::nanoseconds kNotFirst{-1};

  uint64_t token() const { return AttemptToken::Make(index, use); }
};

/// The attempts under way in a shard, found by token. Addresses are stable.
class Attempts {
 public:
  /// `first_use`: of each place; for tests of what comes after many.
  explicit Attempts(uint32_t first_use = 0) : first_use_(first_use) {}

  Attempt& Start(Lane& lane, DeliveryBatch&& deliveries) {
    if (free_.empty()) {
      free_.push_back(static_cast<uint32_t>(slab_.size()));
      Attempt& added = slab_.emplace_back();
      added.index = free_.back();
      added.use = first_use_;
    }
    Attempt& attempt = slab_[free_.back()];
    free_.pop_back();
    attempt.lane = &lane;
    attempt.deliveries = std::move(deliveries);
    attempt.live = true;
    attempt.span = 0;
    ++live_;
    return attempt;
  }

  /// Null: there is no such attempt (any more).
  Attempt* Find(uint64_t token) {
    const uint32_t index = AttemptToken::PlaceOf(token);
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
    attempt.deliveries = {};
    attempt.lane = nullptr;
    attempt.use = AttemptToken::NextUse(attempt.use);
    free_.push_back(attempt.index);
  }

  size_t live() const { return live_; }

 private:
  const uint32_t first_use_;
  std::deque<Attempt> slab_;
  std::vector<uint32_t> free_;
  size_t live_ = 0;
};

}  // namespace carillon::delivery
