#pragma once

#include <memory>

#include "carillon/http/courier.h"
#include "carillon/metrics/metrics.h"
#include "lane_map.h"
#include "retry_clock.h"

namespace carillon::delivery {

/// Sets the gauges of a shard and its lanes when they are scraped. Dispatcher's thread; what is
/// given outlives it.
class ShardGauges {
 public:
  ShardGauges(metrics::ShardMetrics& figures, const http::Courier& courier, LaneMap& lanes,
              RetryClock& clock)
      : figures_(figures), courier_(courier), lanes_(lanes), clock_(clock) {}
  /// Sets back what is true no more.
  ~ShardGauges();
  ShardGauges(const ShardGauges&) = delete;
  ShardGauges& operator=(const ShardGauges&) = delete;

  /// `stopped`: nothing is started any more, so no retry is late.
  void Publish(bool stopped);

 private:
  metrics::ShardMetrics& figures_;
  const http::Courier& courier_;
  LaneMap& lanes_;
  RetryClock& clock_;
};

}  // namespace carillon::delivery
