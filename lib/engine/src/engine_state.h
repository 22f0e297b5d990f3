#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/delivery/all_tables.h"
#include "carillon/log/log.h"
#include "carillon/metrics/metrics.h"
#include "carillon/resource/snapshot.h"
#include "carillon/store/stores.h"
#include "delivery_shard.h"
#include "placement.h"
#include "table_set.h"
#include "thread_host.h"

namespace carillon::engine {

/// How long outcomes may take to become durable once nothing is in flight. A full disk can keep
/// them from it forever; what is not durable is sent again by the next owner.
inline constexpr std::chrono::seconds kCommitGrace{5};

/// What the engine's operations work on; they are the only ones that change it. Engine's thread,
/// but for what is thread-safe itself. All that it names outlives it.
struct EngineState {
  /// One of the shards there are.
  struct Shard {
    std::unique_ptr<DeliveryShard> delivery;  ///< null: somebody else's, or nobody's
    uint64_t epoch = 0;                       ///< under which it was taken
    uint64_t removed = 0;                     ///< deliveries as of the last AwaitRemovals
  };

  const std::shared_ptr<ThreadHost> host;
  const base::Clock& clock;
  const store::Stores stores;
  metrics::Metrics& metrics;
  log::Logger& logger;
  /// Puts guard and limits in force; the snapshot has settings.
  const std::function<void(const resource::SnapshotPtr&)> set_settings;
  /// For a shard that was taken under an epoch.
  const std::function<DeliveryShardOptions(store::ShardId shard, uint64_t epoch)> options_of;
  delivery::AllTables& all_tables;
  const PlaceBy place_by;
  std::vector<Shard> shards;  ///< by number
  TableSet tables;
  bool begun = false;  ///< a snapshot is in force

  bool Owns(store::ShardId shard) const {
    return shard < shards.size() && shards[shard].delivery != nullptr;
  }
  /// In which of its shards' names the engine retires a lane of this name, if in any. Where only
  /// placement tells a destination's shard the engine has all, and the first stands for them.
  std::optional<store::ShardId> OwnedShardOf(const store::LaneName& lane) const {
    const store::ShardId shard =
        place_by == PlaceBy::kFewest ? 0 : ShardOf(lane.tenant, lane.name, shards.size());
    return Owns(shard) ? std::optional(shard) : std::nullopt;
  }
  /// The numbers of those that it owns, ascending.
  std::vector<store::ShardId> Owned() const {
    std::vector<store::ShardId> owned;
    for (store::ShardId shard = 0; shard < shards.size(); ++shard) {
      if (Owns(shard)) owned.push_back(shard);
    }
    return owned;
  }
  /// It was taken: puts it on its thread. Shards are spread evenly, whichever of them it owns.
  void Begin(store::ShardId shard, store::ShardState state) {
    const uint64_t epoch = state.epoch;
    shards[shard] = {.delivery = host->MakeShard(shard % host->threads(), options_of(shard, epoch),
                                                 std::move(state)),
                     .epoch = epoch,
                     .removed = 0};
  }
  /// It was ended on its thread.
  void Release(store::ShardId shard) {
    stores.shards.ReleaseShard(shard, shards[shard].epoch);
    shards[shard] = {};
  }
};

}  // namespace carillon::engine
