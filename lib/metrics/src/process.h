#pragma once

#include <prometheus/collectable.h>

#include <vector>

namespace carillon::metrics {

/// The `process_*` families, read from /proc at each scrape. Figures that cannot be read are 0.
/// Thread-safe.
class ProcessCollector final : public prometheus::Collectable {
 public:
  ProcessCollector();
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  double start_time_seconds_;
};

}  // namespace carillon::metrics
