#pragma once

#include <functional>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "carillon/log/log.h"
#include "carillon/metrics/metrics.h"
#include "carillon/store/stores.h"
#include "engine_callbacks.h"
#include "placement.h"

namespace carillon::engine {

/// Retires lanes that nobody serves any more: of destinations that were taken out while no process
/// ran, or by one that ended before it was done with that. What they had left is counted and
/// logged. Engine's thread; what is given outlives it.
class Retirement {
 public:
  using Names = absl::flat_hash_set<Placement::FullName>;
  using Mine = std::function<bool(const store::LaneName&)>;

  Retirement(const EngineCallbacks& callbacks, store::Stores stores, metrics::Metrics& metrics,
             log::Logger& logger)
      : callbacks_(callbacks), stores_(stores), metrics_(metrics), logger_(logger) {}

  /// Retires, of the lanes whose names are `mine`, those that are not among `configured`, all of
  /// which are open, and those that are marked as taken out. `done` when they are marked, or what
  /// forbids it.
  void RetireOthers(Mine mine, Names configured, absl::AnyInvocable<void(absl::Status)> done);

 private:
  const EngineCallbacks& callbacks_;
  const store::Stores stores_;
  metrics::Metrics& metrics_;
  log::Logger& logger_;
};

}  // namespace carillon::engine
