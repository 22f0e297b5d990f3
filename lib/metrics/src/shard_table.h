#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <memory>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "carillon/metrics/shard.h"
#include "type_places.h"

namespace carillon::metrics {

/// The shards' figures, added up at each scrape. They stay for the life of the process: those that
/// nobody holds any more are given to the next shard, which counts on. Thread-safe.
class ShardTable {
 public:
  explicit ShardTable(const base::Clock& clock) : clock_(clock) {}

  std::shared_ptr<ShardMetrics> Add();
  TypePlaces& types() { return types_; }
  std::vector<prometheus::MetricFamily> Collect() const;

 private:
  using Shards = std::vector<std::shared_ptr<ShardMetrics>>;
  using Places = std::array<PlainCounter, kTypePlaces + 1>;

  prometheus::MetricFamily Attempts(const Shards& shards) const;
  prometheus::MetricFamily AttemptTimes(const Shards& shards) const;
  prometheus::MetricFamily Delivered(const Shards& shards) const;
  prometheus::MetricFamily FirstAttempts(const Shards& shards) const;
  prometheus::MetricFamily Phases(const Shards& shards) const;
  prometheus::MetricFamily Connections(const Shards& shards) const;
  prometheus::MetricFamily RetryOverdue(const Shards& shards) const;
  void AddByType(prometheus::MetricFamily& family, const Shards& shards,
                 Places ShardMetrics::* member) const;

  const base::Clock& clock_;
  TypePlaces types_;
  const ShardMetrics none_;  // so that every series is there without a shard
  mutable base::Mutex mutex_;
  Shards shards_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::metrics
