#include "lane_binder.h"

#include <utility>

namespace carillon::delivery {

void LaneCloser::Close(Lane& lane, const std::shared_ptr<const routing::RoutingTable>& last) {
  evictor_.TellOf(lane);
  removals_.Begin(lane, last);
  for (const uint64_t position : lane.Close()) {
    dead_.Add(lane, {.position = position});
  }
  scheduler_.Touched(lane);
  if (lane.Gone()) removals_.OnGone(lane);
  courier_.Close(lane.endpoint());
}

void LaneBinder::Bind(BoundTable next, base::MonoTime now) {
  auto opened = next.opened.begin();
  for (BoundPlace& at : next.places) {
    if (at.taken) BindOne(*next.table, at, at.lane == nullptr ? &*opened++ : nullptr, now);
  }
  CloseOthers(next);
  std::vector<std::pair<uint32_t, Lane*>> places;
  for (const BoundPlace& at : next.places) places.emplace_back(at.place, at.lane);
  routes_.Set(std::move(next.table), places);
  for (const auto& [place, lane] : places) {
    if (lane == nullptr) continue;
    health_.FollowSwitch(*lane);
    lane->groups().WantMarks();
    scheduler_.Touched(*lane);  // it may be allowed more at once
  }
}

void LaneBinder::BindOne(const routing::RoutingTable& table, BoundPlace& at,
                         const store::LaneState* opened, base::MonoTime now) {
  const model::Destination& destination = *table.at(at.place);
  if (opened != nullptr) {
    at.lane = &maker_.Make(destination, *opened);
    at.lane->Bind(table, at.place, now);
    health_.Restore(*at.lane);
    return maker_.Open(*at.lane, at.url);
  }
  const bool changed = !(at.lane->destination() == destination);
  if (changed) at.lane->SetChanged();
  at.lane->Bind(table, at.place, now);
  if (changed) maker_.Update(*at.lane, at.url);
}

void LaneBinder::CloseOthers(const BoundTable& next) {
  for (const BoundPlace& at : next.places) {
    Lane* const before = routes_.LaneAt(at.place);
    if (before != nullptr && before != at.lane) closer_.Close(*before, routes_.table());
  }
}

}  // namespace carillon::delivery
