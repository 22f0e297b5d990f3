#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "carillon/base/random.h"
#include "carillon/policy/in_flight_caps.h"
#include "lane_map.h"
#include "ring_queue.h"

namespace carillon::delivery {

/// This shard's side of the caps that all shards share: lanes that met one wait here, in turn. What
/// ends in this shard lets others go at once; what ends in another is noticed at the next look,
/// kLook later at most, which lets as many go as there is room for, tenants by turns. While other
/// shards wait, too, every kOfferEvery looks one place is left to them: else a shard that has none
/// would not come by any for as long as the others have more to send. Who takes it is chance: looks
/// are not all equally far apart. One thread.
class Caps {
 public:
  static constexpr std::chrono::milliseconds kLook{5};
  static constexpr uint32_t kOfferEvery = 4;

  /// `shared` may be null: there are no caps. `random`, which spreads the looks, outlives it.
  Caps(std::shared_ptr<policy::InFlightCaps> shared, LaneMap& lanes, base::Random& random)
      : shared_(std::move(shared)), lanes_(lanes), random_(random) {}
  ~Caps() {
    if (waiting_ > 0) shared_->EndWaiting();
  }

  /// The lane is new.
  void Join(Lane& lane);
  /// Takes a place for an attempt; false: the lane is put on the list of those that wait. `again`:
  /// it was let go for a place that another took: it stays before the others.
  bool TryStart(Lane& lane, base::MonoTime now, bool again = false);
  /// Gives it back.
  void Finish(Lane& lane);
  /// A lane that may try again; null: none may, now.
  Lane* Next(base::MonoTime now);
  bool Waits() const { return waiting_ > 0 || !free_.empty(); }
  /// When to call `Next` at the latest.
  std::optional<base::MonoTime> LookAt() const {
    return waiting_ > 0 ? std::optional(look_at_) : std::nullopt;
  }

 private:
  struct Queue {
    std::shared_ptr<policy::InFlightCaps::Tenant> tenant;
    RingQueue<store::LaneId> lanes;
  };
  using Queues = std::map<std::string, Queue, std::less<>>;
  /// The tenant whose turn it is, in a round of all; there is one.
  Queues::iterator NextTenant();
  void Free(Queues::iterator queue);
  /// Whether the place that `lane` gave back is left to other shards.
  bool Offers(const Lane& lane);
  /// Whether the place that the lane would take is one that was left to them.
  bool IsOffered(const Lane& lane) const;
  void Look();
  /// From one look to the next: between half of kLook and all of it.
  std::chrono::nanoseconds Interval();

  const std::shared_ptr<policy::InFlightCaps> shared_;
  LaneMap& lanes_;
  base::Random& random_;
  Queues queues_;                  // by tenant; none is empty. Ordered: a seed replays a run
  std::string last_;               // the tenant that was let go last, whoever it was for
  RingQueue<store::LaneId> free_;  // may try again
  size_t waiting_ = 0;             // in queues_
  uint32_t looks_ = 0;
  bool may_offer_ = false;                                 // the next place that is given back
  std::shared_ptr<policy::InFlightCaps::Tenant> offered_;  // whose place, since the last look
  base::MonoTime look_at_{};
};

}  // namespace carillon::delivery
