#pragma once

#include <cstddef>
#include <memory>

#include "carillon/base/clock.h"
#include "carillon/base/descriptor_budget.h"
#include "carillon/delivery/all_tables.h"
#include "carillon/delivery/observer.h"
#include "carillon/deliverylog/record.h"
#include "carillon/log/log.h"
#include "carillon/metrics/metrics.h"
#include "carillon/net/egress.h"
#include "carillon/notices/notice.h"
#include "carillon/policy/in_flight_caps.h"
#include "carillon/resource/config.h"
#include "carillon/statistics/statistics_sink.h"
#include "carillon/tracing/tracer.h"
#include "delivery_shard.h"

namespace carillon::engine {

/// What all shards of an engine share; outlives them.
struct SharedByShards {
  const base::Clock& clock;
  base::DescriptorBudget& connections;
  metrics::Metrics& metrics;
  log::Logger& logger;
  tracing::Tracer* tracer;       ///< may be null
  deliverylog::Sink* log;        ///< may be null
  statistics::Sink* statistics;  ///< may be null
  notices::Sink* notices;        ///< may be null
  const delivery::AllTables& tables;
  delivery::Observer& observer;
  const net::EgressSwitch& egress;
  std::shared_ptr<policy::InFlightCaps> caps;
};

/// The options of each of `shards`, but for its number. The memory that the settings give to each
/// delivery thread is divided among the shards that it may get.
DeliveryShardOptions OptionsOfShards(const resource::Config& config, size_t shards,
                                     const SharedByShards& shared);

}  // namespace carillon::engine
