#pragma once

#include <memory>

#include "carillon/base/clock.h"
#include "carillon/deliverylog/attempt_store.h"
#include "carillon/log/log.h"
#include "carillon/metrics/metrics.h"
#include "carillon/resource/config.h"

namespace carillon::server {

/// Opens the delivery log that the configuration names, in the data folder: `delivery_log`. Null
/// where it is switched off, or cannot be opened, which is logged: deliveries go on without it.
/// Clock and logger outlive it.
std::unique_ptr<deliverylog::AttemptStore> StartDeliveryLog(const resource::Config& config,
                                                            const base::Clock& clock,
                                                            log::Logger& logger);

/// Writes its figures into `gauges`.
void Describe(const deliverylog::AttemptStore& log, metrics::ProcessGauges& gauges);

}  // namespace carillon::server
