#pragma once

#include <vector>

#include "carillon/journal/journal.h"
#include "carillon/log/log.h"
#include "carillon/metrics/metrics.h"

namespace carillon::server {

/// Counts and logs what is given up of destinations that were taken out of the configuration while
/// the process was down. What they wanted of events that were not settled is not known any more:
/// that is told, not counted. Any thread; does not block.
void TellLeftLanes(const std::vector<journal::UnopenedLane>& left, metrics::Metrics& metrics,
                   log::Logger& logger);

}  // namespace carillon::server
