#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <string>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/metrics/metrics.h"
#include "family.h"
#include "lane_table.h"

namespace carillon::metrics {

/// The families that lanes make, filled during one scrape.
class LaneSeries {
 public:
  explicit LaneSeries(base::WallTime now);

  /// A destination with series of its own: only the outcomes that it has seen.
  void AddOwn(const std::string& tenant, const std::string& destination, const LaneCounts& counts,
              const LaneGauges& gauges);
  /// All that have none: every series, always.
  void AddOther(const LaneCounts& counts, const LaneGauges& gauges);
  /// All together.
  void AddTotals(const LaneCounts& counts, const LaneGauges& gauges,
                 const std::array<uint64_t, kDestinationStateCount>& destinations);

  std::vector<prometheus::MetricFamily> Take() &&;

 private:
  void AddStates(prometheus::MetricFamily& family, const Labels& labels, const LaneGauges& gauges);
  void AddDestination(const Labels& labels, const LaneCounts& counts, const LaneGauges& gauges,
                      bool all_outcomes);
  double AgeSeconds(const LaneGauges& gauges) const;

  const int64_t now_ns_;
  prometheus::MetricFamily deliveries_, delivered_, dead_, age_, destinations_, held_, transitions_;
  prometheus::MetricFamily each_attempts_, each_deliveries_, each_delivered_, each_dead_, each_age_;
};

}  // namespace carillon::metrics
