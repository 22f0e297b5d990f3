#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "carillon/base/random.h"
#include "carillon/policy/in_flight_caps.h"
#include "lane_map.h"
#include "ring_queue.h"

namespace carillon::delivery {

/// This shard's side of the caps that all shards share: lanes that met one wait here, in turn. What
/// ends in this shard lets others go at once; what ends in another is noticed at the next look,
/// kLook later at most, which lets as many go as there is room for. Of the tenants that wait here,
/// each gets its share by weight (start-time fair queueing): those of the same weight take turns,
/// and one that did not wait for a while has nothing to make up for. While other
/// shards wait, too, the last place there is is left to them once in kOfferEvery, for as long as
/// each of them takes to look: else a shard that has none would not come by any for as long as this
/// one has more to send, whether its lanes wait for the place or come for it when it is free. Who
/// of them takes it is chance: looks are not all equally far apart. One thread.
class Caps {
 public:
  static constexpr std::chrono::milliseconds kLook{5};
  static constexpr std::chrono::milliseconds kOfferEvery = 4 * kLook;

  /// `shared` may be null: there are no caps. `random`, which spreads the looks, outlives it.
  Caps(std::shared_ptr<policy::InFlightCaps> shared, LaneMap& lanes, base::Random& random)
      : shared_(std::move(shared)), lanes_(lanes), random_(random) {}
  ~Caps() {
    if (waiting_ > 0) shared_->EndWaiting();
  }

  /// The lane is new.
  void Join(Lane& lane);
  /// Takes a place for an attempt; false: the lane is put on the list of those that wait, before
  /// the others where it has waited before and the place it was let go for is not there.
  bool TryStart(Lane& lane, base::MonoTime now, LaneTry why = LaneTry::kFirst);
  /// Gives it back.
  void Finish(Lane& lane);
  struct Next {
    Lane* lane = nullptr;
    LaneTry why = LaneTry::kFirst;
    explicit operator bool() const { return lane != nullptr; }
  };
  /// A lane that may try again, and why; null: none may, now.
  Next TakeNext(base::MonoTime now);
  bool Waits() const { return waiting_ > 0 || !free_.empty(); }
  /// When to call `TakeNext` at the latest.
  std::optional<base::MonoTime> LookAt() const {
    return waiting_ > 0 ? std::optional(look_at_) : std::nullopt;
  }

 private:
  struct Queue {
    std::shared_ptr<policy::InFlightCaps::Tenant> tenant;
    RingQueue<store::LaneId> lanes;
    double served = 0;  ///< starts, each divided by the weight: the least is the next
  };
  using Queues = std::map<std::string, Queue, std::less<>>;
  /// That of the tenant; it is made where nothing of it waits.
  Queue& QueueOf(const Lane& lane);
  /// The tenant whose turn it is, of those that may start something; the end: none may.
  Queues::iterator NextTenant();
  /// Counts a start of the lane's tenant.
  void Count(const Lane& lane);
  double StepOf(const policy::InFlightCaps::Tenant& tenant) const {
    return 1.0 / shared_->WeightOf(tenant);
  }
  /// Makes `served` what it is, from where on turns go.
  double FromNow(double served) const { return std::max(served, clock_ - kMostBehind); }
  void Free(Queues::iterator queue, LaneTry why);
  /// Whether the place that `lane` would take is left to other shards: never one that they left.
  bool Offers(const Lane& lane, base::MonoTime now, LaneTry why);
  /// Whether there is one place only, in all or of the tenant.
  bool IsLast(const policy::InFlightCaps::Tenant& tenant) const;
  void Look(base::MonoTime now);
  /// From one look to the next: between half of kLook and all of it.
  std::chrono::nanoseconds Interval();

  const std::shared_ptr<policy::InFlightCaps> shared_;
  LaneMap& lanes_;
  base::Random& random_;
  /// So much of its share a tenant keeps that could not use it: one start of the least weight.
  static constexpr double kMostBehind = 1;

  Queues queues_;  // by tenant; none is empty. Ordered: a seed replays a run
  std::set<std::pair<double, std::string_view>> turns_;  // `served` and names of queues_
  std::map<std::string, double, std::less<>> served_;    // of others, where it is over clock_
  size_t sweep_at_ = 64;                                 // of served_
  double clock_ = 0;                                     // `served` of who started last, before it
  base::MonoTime now_ = base::MonoTime::min();           // of the newest call
  RingQueue<std::pair<store::LaneId, LaneTry>> free_;    // may try again
  size_t waiting_ = 0;                                   // in queues_
  base::MonoTime keeps_until_ = base::MonoTime::min();   // no place is left before
  std::shared_ptr<policy::InFlightCaps::Tenant> offered_;  // whose place is left; null: none is
  base::MonoTime offered_until_{};                         // while one is
  base::MonoTime look_at_{};
};

}  // namespace carillon::delivery
