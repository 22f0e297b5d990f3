#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/metrics/metrics.h"

namespace carillon::metrics {

/// What lanes count; never goes back.
struct LaneCounts {
  std::array<uint64_t, model::kOutcomeCount> attempts{};
  uint64_t delivered = 0;
  uint64_t dead = 0;
  std::array<uint64_t, kHeldByCount> held{};
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
/// lives; one that has counted nothing in it yet gives it up to one that has work.
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
    LaneCounts in_other;                              // what "_other" shows of it
    bool has_place = false;
  };

  static LaneCounts Counts(const Destination& destination);
  static LaneGauges Gauges(const Destination& destination);
  static uint64_t Activity(const Destination& destination);

  void LetGo();
  void GivePlaces();
  void TakeBackUnused(size_t wanted);

  const size_t top_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::map<Name, Destination> destinations_;
  LaneCounts gone_;  // of destinations that are no more
  size_t places_taken_ = 0;
  size_t let_go_at_ = 1024;  // destinations, when they grow without a scrape
};

}  // namespace carillon::metrics
