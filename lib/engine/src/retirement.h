#pragma once

#include <optional>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/store/lane_registry.h"
#include "engine_callbacks.h"
#include "engine_state.h"
#include "placement.h"

namespace carillon::engine {

/// Retires lanes that nobody serves any more: of destinations that were taken out while no process
/// ran, or by one that ended before it was done with that. What they had left is counted and
/// logged. Engine's thread; what is given outlives it.
class Retirement {
 public:
  using Names = absl::flat_hash_set<Placement::FullName>;

  Retirement(const EngineState& state, const EngineCallbacks& callbacks)
      : state_(state), callbacks_(callbacks) {}

  /// Retires, of the lanes of `shard`, or of all that the engine has, those that are not among
  /// `configured`, all of which are open, and those that are marked as taken out. `done` when they
  /// are marked, or what forbids it.
  void RetireOthers(std::optional<store::ShardId> shard, Names configured,
                    absl::AnyInvocable<void(absl::Status)> done);

 private:
  using Listed = absl::StatusOr<std::vector<store::ListedLane>>;
  using Retired = absl::StatusOr<std::vector<store::RetiredLane>>;

  std::vector<store::OwnedLaneIds> Others(const std::vector<store::ListedLane>& lanes,
                                          std::optional<store::ShardId> shard,
                                          const Names& configured) const;

  const EngineState& state_;
  const EngineCallbacks& callbacks_;
};

}  // namespace carillon::engine
