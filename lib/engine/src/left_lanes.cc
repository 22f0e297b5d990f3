#include "left_lanes.h"

namespace carillon::engine {
namespace {

void Tell(const store::RetiredLane& lane, log::Logger& logger) {
  const uint64_t unknown = lane.from <= lane.last ? lane.last - lane.from + 1 : 0;
  logger.Warn(
      lane.taken_out
          ? "a destination was being taken out of the configuration when the service ended: "
            "what it had left is given up"
          : "a destination was taken out of the configuration while the service was down: "
            "what it had left is given up",
      {{"destination", lane.name.tenant + "/" + lane.name.name},
       {"parked", lane.parked},
       {"events_not_got", unknown},
       {"from_position", unknown > 0 ? lane.from : 0}});
}

}  // namespace

void TellLeftLanes(const std::vector<store::RetiredLane>& left, metrics::Metrics& metrics,
                   log::Logger& logger) {
  size_t told = 0;
  uint64_t parked_untold = 0;
  for (const store::RetiredLane& lane : left) {
    if (lane.parked > 0) {
      metrics.AddLane(lane.name.tenant, lane.name.name)
          ->dead.fetch_add(lane.parked, std::memory_order_relaxed);
      metrics.CountGivenUp(metrics::GivenUp::kRemoved, lane.parked);
    }
    if (told < kMaxToldLanes) {
      ++told;
      Tell(lane, logger);
    } else {
      parked_untold += lane.parked;
    }
  }
  if (told == left.size()) return;
  logger.Warn(
      "more destinations were taken out of the configuration while the service was down: what "
      "they had left is given up",
      {{"destinations", left.size() - told}, {"parked", parked_untold}});
}

}  // namespace carillon::engine
