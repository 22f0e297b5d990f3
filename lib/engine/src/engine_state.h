#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/delivery/all_tables.h"
#include "carillon/log/log.h"
#include "carillon/metrics/metrics.h"
#include "carillon/resource/snapshot.h"
#include "carillon/store/stores.h"
#include "delivery_thread.h"
#include "table_set.h"
#include "thread_host.h"

namespace carillon::engine {

/// What the engine's operations work on; they are the only ones that change it. Engine's thread,
/// but for what is thread-safe itself. All that it names outlives it.
struct EngineState {
  ThreadHost& host;
  const base::Clock& clock;
  const store::Stores stores;
  metrics::Metrics& metrics;
  log::Logger& logger;
  /// Puts guard and limits in force.
  const std::function<void(const resource::OperatorSettings&)> set_settings;
  delivery::AllTables& all_tables;
  std::vector<std::unique_ptr<DeliveryThread>>& threads;
  TableSet tables;
  bool begun = false;             ///< a snapshot is in force
  std::vector<uint64_t> removed;  ///< of each thread: deliveries as of the last AwaitRemovals
};

}  // namespace carillon::engine
