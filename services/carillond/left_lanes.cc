#include "left_lanes.h"

namespace carillon::server {

void TellLeftLanes(const std::vector<journal::UnopenedLane>& left, metrics::Metrics& metrics,
                   log::Logger& logger) {
  for (const journal::UnopenedLane& lane : left) {
    const uint64_t unknown = lane.from <= lane.last ? lane.last - lane.from + 1 : 0;
    if (lane.parked > 0) {
      metrics.AddLane(lane.name.tenant, lane.name.name)
          ->dead.fetch_add(lane.parked, std::memory_order_relaxed);
      metrics.CountGivenUp(metrics::GivenUp::kRemoved, lane.parked);
    }
    logger.Warn(
        "a destination was taken out of the configuration while the service was down: what it had "
        "left is given up",
        {{"destination", lane.name.tenant + "/" + lane.name.name},
         {"parked", lane.parked},
         {"events_not_got", unknown},
         {"from_position", unknown > 0 ? lane.from : 0}});
  }
}

}  // namespace carillon::server
