#include "status_reporter.h"

#include "lane.h"

namespace carillon::delivery {

std::vector<std::optional<DestinationStatus>> StatusReporter::Describe(
    std::span<const LanePlace> lanes) const {
  const base::MonoTime now = clock_.Mono();
  const base::WallTime wall = clock_.Wall();
  std::vector<std::optional<DestinationStatus>> described(lanes.size());
  for (size_t i = 0; i < lanes.size(); ++i) {
    const Lane* const lane = routes_.LaneNamed(lanes[i].place, lanes[i].tenant, lanes[i].name);
    if (lane != nullptr) described[i] = lane->Describe(now, wall);
  }
  return described;
}

}  // namespace carillon::delivery
