#include "retirement.h"

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "left_lanes.h"

namespace carillon::engine {
namespace {

using Listed = absl::StatusOr<std::vector<store::ListedLane>>;
using Retired = absl::StatusOr<std::vector<store::RetiredLane>>;

std::vector<store::LaneId> Others(const std::vector<store::ListedLane>& lanes,
                                  const Retirement::Mine& mine,
                                  const Retirement::Names& configured) {
  std::vector<store::LaneId> others;
  for (const store::ListedLane& lane : lanes) {
    const bool stays = !lane.taken_out && configured.contains({lane.name.tenant, lane.name.name});
    if (!stays && mine(lane.name)) others.push_back(lane.lane);
  }
  return others;
}

}  // namespace

void Retirement::RetireOthers(Mine mine, Names configured,
                              absl::AnyInvocable<void(absl::Status)> done) {
  auto on_retired = [this, done = std::move(done)](const Retired& left) mutable {
    if (left.ok()) TellLeftLanes(*left, metrics_, logger_);
    done(left.status());
  };
  stores_.lanes.ListLanes(
      callbacks_.Bind<Listed>([this, mine = std::move(mine), configured = std::move(configured),
                               on_retired = std::move(on_retired)](const Listed& lanes) mutable {
        if (!lanes.ok()) return on_retired(lanes.status());
        std::vector<store::LaneId> others = Others(*lanes, mine, configured);
        if (others.empty()) return on_retired(std::vector<store::RetiredLane>());
        stores_.lanes.RetireLanes(std::move(others),
                                  callbacks_.Bind<Retired>(std::move(on_retired)));
      }));
}

}  // namespace carillon::engine
