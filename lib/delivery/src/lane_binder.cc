#include "lane_binder.h"

#include <utility>

#include "absl/container/flat_hash_set.h"

namespace carillon::delivery {

void LaneCloser::Close(Lane& lane) {
  evictor_.TellOf(lane);
  removals_.Begin(lane);
  for (const uint64_t position : lane.Close()) {
    dead_.Add(lane, {.position = position});
  }
  scheduler_.Touched(lane);
  if (lane.Gone()) removals_.OnGone(lane);
  courier_.Close(lane.endpoint());
}

void LaneBinder::Bind(BoundTable next) {
  auto opened = next.opened.begin();
  for (BoundPlace& at : next.places) {
    if (at.taken) BindOne(*next.table, at, at.lane == nullptr ? &*opened++ : nullptr);
  }
  CloseOthers(next);
  std::vector<Lane*> bound;
  for (const BoundPlace& at : next.places) {
    if (at.taken) bound.push_back(at.lane);
  }
  SetTable(std::move(next));
  for (Lane* lane : bound) {
    health_.FollowSwitch(*lane);
    lane->groups().WantMarks();
    scheduler_.Touched(*lane);  // it may be allowed more at once
  }
}

void LaneBinder::BindOne(const routing::RoutingTable& table, BoundPlace& at,
                         const store::LaneState* opened) {
  const model::Destination& destination = *table.at(at.place);
  if (opened != nullptr) {
    at.lane = &maker_.Make(destination, *opened);
    at.lane->Bind(table, at.place, clock_.Mono());
    return maker_.Open(*at.lane, at.url);
  }
  const bool changed = !(at.lane->destination() == destination);
  at.lane->marks.changed |= changed;
  at.lane->Bind(table, at.place, clock_.Mono());
  if (changed) maker_.Update(*at.lane, at.url);
}

void LaneBinder::CloseOthers(const BoundTable& next) {
  absl::flat_hash_set<const Lane*> kept;
  for (const BoundPlace& at : next.places) kept.insert(at.lane);
  const auto close = [&](Lane* lane) {
    if (lane != nullptr && !kept.contains(lane)) closer_.Close(*lane);
  };
  if (next.whole) {
    for (Lane* lane : router_.lanes()) close(lane);
  } else {
    for (const BoundPlace& at : next.places) close(router_.LaneAt(at.place));
  }
}

void LaneBinder::SetTable(BoundTable next) {
  if (next.whole) {
    std::vector<Lane*> lanes(next.table->places());
    for (const BoundPlace& at : next.places) lanes[at.place] = at.lane;
    return router_.SetTable(std::move(next.table), std::move(lanes));
  }
  std::vector<std::pair<uint32_t, Lane*>> places;
  for (const BoundPlace& at : next.places) places.emplace_back(at.place, at.lane);
  router_.SetTable(std::move(next.table), places);
}

}  // namespace carillon::delivery
