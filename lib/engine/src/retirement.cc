#include "retirement.h"

#include <map>
#include <utility>

#include "left_lanes.h"

namespace carillon::engine {

std::vector<store::OwnedLaneIds> Retirement::Others(const std::vector<store::ListedLane>& lanes,
                                                    std::optional<store::ShardId> shard,
                                                    const Names& configured) const {
  std::map<store::ShardId, store::OwnedLaneIds> by_shard;
  for (const store::ListedLane& lane : lanes) {
    if (!lane.taken_out && configured.contains({lane.name.tenant, lane.name.name})) continue;
    const std::optional<store::ShardId> owned = state_.OwnedShardOf(lane.name);
    if (!owned || (shard && *owned != *shard)) continue;
    store::OwnedLaneIds& of = by_shard[*owned];
    of.shard = *owned;
    of.epoch = state_.shards[*owned].epoch;
    of.lanes.push_back(lane.lane);
  }
  std::vector<store::OwnedLaneIds> others;
  for (auto& [number, of] : by_shard) others.push_back(std::move(of));
  return others;
}

void Retirement::RetireOthers(std::optional<store::ShardId> shard, Names configured,
                              absl::AnyInvocable<void(absl::Status)> done) {
  auto on_retired = [this, done = std::move(done)](const Retired& left) mutable {
    if (left.ok()) TellLeftLanes(*left, state_.metrics, state_.logger);
    done(left.status());
  };
  state_.stores.lanes.ListLanes(
      callbacks_.Bind<Listed>([this, shard, configured = std::move(configured),
                               on_retired = std::move(on_retired)](const Listed& lanes) mutable {
        if (!lanes.ok()) return on_retired(lanes.status());
        std::vector<store::OwnedLaneIds> others = Others(*lanes, shard, configured);
        if (others.empty()) return on_retired(std::vector<store::RetiredLane>());
        state_.stores.lanes.RetireLanes(std::move(others),
                                        callbacks_.Bind<Retired>(std::move(on_retired)));
      }));
}

}  // namespace carillon::engine
