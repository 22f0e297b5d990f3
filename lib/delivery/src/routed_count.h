#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "carillon/delivery/all_tables.h"
#include "carillon/metrics/metrics.h"
#include "carillon/model/event.h"

namespace carillon::delivery {

/// Counts what routing made of new events, by their types. Of events for which this shard has no
/// destination, one of all shards asks for the others whether they have one. One thread.
class RoutedCount {
 public:
  /// `tables` may be null: there is no other shard. What is given outlives it.
  RoutedCount(metrics::Metrics& metrics, metrics::ShardMetrics& figures, uint32_t shard,
              const AllTables* tables)
      : metrics_(metrics), figures_(figures), shard_(shard), tables_(tables) {}

  /// `deliveries`: of this shard.
  void Count(const model::Event& event, size_t deliveries) {
    if (deliveries > 0) {
      figures_.created[PlaceOf(event.type())].Add(deliveries);
    } else if (NobodyElseWants(event)) {
      figures_.unrouted[PlaceOf(event.type())].Add();
    }
  }

 private:
  size_t PlaceOf(std::string_view type);
  /// False also where it is for another shard to say.
  bool NobodyElseWants(const model::Event& event);

  metrics::Metrics& metrics_;
  metrics::ShardMetrics& figures_;
  const uint32_t shard_;
  const AllTables* const tables_;
  absl::flat_hash_map<std::string, size_t> places_;  // as the metrics have them
  std::vector<uint32_t> matched_;                    // scratch
};

}  // namespace carillon::delivery
