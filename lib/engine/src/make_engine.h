#pragma once

#include <memory>

#include "carillon/engine/engine.h"
#include "thread_host.h"

namespace carillon::engine {

/// As `Engine::Create`, with its threads from `host`.
absl::StatusOr<std::unique_ptr<Engine>> MakeEngine(
    const resource::Config& config, const base::Clock& clock, base::DescriptorBudget& connections,
    store::Stores stores, metrics::Metrics& metrics, log::Logger& logger, tracing::Tracer* tracer,
    std::unique_ptr<ThreadHost> host, const ShardSettings& shards = {},
    deliverylog::Sink* log = nullptr, statistics::Sink* statistics = nullptr,
    notices::Sink* notices = nullptr);

}  // namespace carillon::engine
