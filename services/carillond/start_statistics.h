#pragma once

#include <memory>

#include "carillon/base/clock.h"
#include "carillon/log/log.h"
#include "carillon/metrics/metrics.h"
#include "carillon/resource/config.h"
#include "carillon/statistics/statistics_store.h"

namespace carillon::server {

/// Opens the statistics that the configuration names, in the data folder: `statistics.db`. Null
/// where they are switched off, or cannot be opened, which is logged: deliveries go on without
/// them. Clock and logger outlive them.
std::unique_ptr<statistics::StatisticsStore> StartStatistics(const resource::Config& config,
                                                             const base::Clock& clock,
                                                             log::Logger& logger);

/// Writes their figures into `gauges`.
void Describe(const statistics::StatisticsStore& store, metrics::ProcessGauges& gauges);

}  // namespace carillon::server
