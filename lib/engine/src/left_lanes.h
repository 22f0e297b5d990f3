#pragma once

#include <cstddef>
#include <vector>

#include "carillon/log/log.h"
#include "carillon/metrics/metrics.h"
#include "carillon/store/lane_state.h"

namespace carillon::engine {

/// So many destinations have a line of their own in the log.
inline constexpr size_t kMaxToldLanes = 1'000;

/// Counts and logs what is given up of destinations that were taken out of the configuration while
/// the process was down, or by one that ended before it was done with that (it may have told, too).
/// What they wanted of events that were not settled is not known any more: that is told, not
/// counted. The first kMaxToldLanes have a line each, the others one together. Any thread; does not
/// block.
void TellLeftLanes(const std::vector<store::RetiredLane>& left, metrics::Metrics& metrics,
                   log::Logger& logger);

}  // namespace carillon::engine
