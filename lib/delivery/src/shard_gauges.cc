#include "shard_gauges.h"

#include <algorithm>
#include <array>
#include <atomic>

namespace carillon::delivery {

void ShardGauges::Publish(bool stopped) {
  clock_.Now();
  base::MonoTime due = base::MonoTime::max();
  lanes_.ForEach([&](Lane& lane) {
    lane.PublishGauges();
    const auto next = lane.NextRetry();
    if (next) due = std::min(due, std::max(clock_.ToMono(*next), lane.retries_free_since()));
  });
  const auto relaxed = std::memory_order_relaxed;
  static_assert(base::MonoTime::max().time_since_epoch().count() ==
                metrics::ShardMetrics::kNothingDue);
  if (stopped) due = base::MonoTime::max();
  figures_.retry_due_ns.store(due.time_since_epoch().count(), relaxed);
  const http::ConnectionCounts connections = courier_.connections();
  const std::array counts = {connections.connecting, connections.busy, connections.idle};
  for (size_t i = 0; i < counts.size(); ++i) {
    figures_.connections[i].store(static_cast<int64_t>(counts[i]), relaxed);
  }
}

ShardGauges::~ShardGauges() {
  figures_.retry_due_ns.store(metrics::ShardMetrics::kNothingDue, std::memory_order_relaxed);
  for (auto& connections : figures_.connections) connections.store(0, std::memory_order_relaxed);
}

}  // namespace carillon::delivery
