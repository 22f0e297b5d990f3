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
  const size_t destinations = next.table->destinations().size();
  auto opened = next.opened.begin();
  for (uint32_t i = 0; i < destinations; ++i) {
    BindOne(next, i, next.lanes[i] == nullptr ? &*opened++ : nullptr);
  }
  const absl::flat_hash_set<Lane*> kept(next.lanes.begin(), next.lanes.end());
  for (Lane* lane : router_.lanes()) {
    if (!kept.contains(lane)) closer_.Close(*lane);
  }
  router_.SetTable(std::move(next.table), std::move(next.lanes));
  for (Lane* lane : router_.lanes()) {
    health_.FollowSwitch(*lane);
    lane->groups().WantMarks();
    scheduler_.Touched(*lane);  // it may be allowed more at once
  }
}

void LaneBinder::BindOne(BoundTable& next, uint32_t index, const journal::LaneState* opened) {
  const model::Destination& destination = next.table->destinations()[index];
  Lane*& lane = next.lanes[index];
  if (opened != nullptr) {
    lane = &maker_.Make(destination, *opened);
    lane->Bind(next.table, index, clock_.Mono());
    return maker_.Open(*lane, next.urls[index]);
  }
  const bool changed = !(lane->destination() == destination);
  lane->marks.changed |= changed;
  lane->Bind(next.table, index, clock_.Mono());
  if (changed) maker_.Update(*lane, next.urls[index]);
}

}  // namespace carillon::delivery
