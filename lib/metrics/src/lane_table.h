#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "carillon/metrics/metrics.h"

namespace carillon::metrics {

class LaneSeries;

/// What lanes count; never goes back.
struct LaneCounts {
  std::array<uint64_t, model::kOutcomeCount> attempts{};
  uint64_t delivered = 0;
  uint64_t dead = 0;
  std::array<uint64_t, kDeferredByCount> deferred{};
  std::array<uint64_t, kBreakerStateCount> transitions{};

  LaneCounts& operator+=(const LaneCounts& other);
  LaneCounts& operator-=(const LaneCounts& other);
  friend bool operator==(const LaneCounts&, const LaneCounts&) = default;
};

/// What lanes hold at the moment.
struct LaneGauges {
  int64_t ready = 0;
  int64_t in_flight = 0;
  int64_t parked = 0;
  int64_t oldest_ready_ns = 0;  ///< 0: none

  LaneGauges& operator+=(const LaneGauges& other);
};

/// The lanes of the process, and the bounded number of series they make: see Metrics. Thread-safe;
/// its lock is not one that the lanes' own figures need.
///
/// A place among the `top` is given at a scrape, to the busiest first, and kept while the lane
/// lives; one that has counted nothing in it yet gives it up to one that has work: something is
/// ready, in flight or parked, or was counted since the last scrape.
class LaneTable {
 public:
  LaneTable(size_t top, const base::Clock& clock) : top_(top), clock_(clock) {}

  std::shared_ptr<LaneMetrics> Add(std::string tenant, std::string destination);

  /// A scrape.
  std::vector<prometheus::MetricFamily> Collect();

 private:
  using Name = std::pair<std::string, std::string>;  // tenant, destination

  struct Destination {
    std::vector<std::shared_ptr<LaneMetrics>> lanes;  // one, but for the time of a change
    std::unique_ptr<LaneCounts> ended;                // of lanes that went before those
    std::unique_ptr<LaneCounts> in_other;             // what "_other" shows of it; null: nothing
    bool has_place = false;
  };

  /// A destination as scrapes walk over them.
  struct Listed {
    const Name* name = nullptr;
    Destination* destination = nullptr;
    const LaneMetrics* newest = nullptr;  // the last of its lanes
  };

  /// Of all destinations, and of those without series of their own.
  struct Totals {
    LaneCounts all, other;
    LaneGauges all_gauges, other_gauges;
    std::array<uint64_t, kDestinationStateCount> states{};
  };

  static LaneCounts Counts(const Destination& destination);
  static LaneCounts InOther(const Destination& destination);
  static LaneGauges Gauges(const Destination& destination);
  static uint64_t Activity(const Destination& destination);

  /// Whether a lane has ended since this was asked last.
  bool SomeEnded() { return ended_->exchange(0, std::memory_order_acquire) > 0; }
  /// Lists the destinations anew, if one came or went.
  void List() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LetGo() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static bool HasWork(const Destination& destination);
  /// Of one that has a place: nothing was counted in it, and it has no work now either.
  static bool Unused(const Destination& destination);
  void GivePlace(Destination& destination) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Gives the places that are free to the busiest.
  void FillPlaces() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Gives the places that are unused to the busiest of those that have work.
  void MovePlaces(const std::vector<const Listed*>& busy) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void AddBusy(const Listed& one, Totals& totals, LaneSeries& series);

  const size_t top_;
  /// Lanes of which only the table is left; they may outlive it.
  const std::shared_ptr<std::atomic<size_t>> ended_ = std::make_shared<std::atomic<size_t>>(0);
  const base::Clock& clock_;
  base::Mutex mutex_;
  std::map<Name, Destination> destinations_ ABSL_GUARDED_BY(mutex_);
  std::vector<Listed> listed_ ABSL_GUARDED_BY(mutex_);
  bool list_stale_ ABSL_GUARDED_BY(mutex_) = true;
  LaneCounts gone_ ABSL_GUARDED_BY(mutex_);                   // of destinations that are no more
  std::vector<Destination*> placed_ ABSL_GUARDED_BY(mutex_);  // those that have a place
  size_t let_go_at_ ABSL_GUARDED_BY(mutex_) =
      1024;  // destinations, when they grow without a scrape
};

}  // namespace carillon::metrics
