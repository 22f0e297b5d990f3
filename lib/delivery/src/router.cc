#include "router.h"

#include <algorithm>
#include <utility>

namespace carillon::delivery {

Router::Router(const DispatcherOptions& options, const store::ShardState& state, Feed& feed,
               HeldEvents& held, LaneMap& lanes, LaneScheduler& scheduler,
               const TableInForce& routes, RoutedCount count)
    : max_tracked_(options.max_tracked),
      max_hold_(options.max_hold),
      recovered_last_(state.last_position),
      settled_(state.settled),
      feed_(feed),
      held_(held),
      lanes_(lanes),
      scheduler_(scheduler),
      routes_(routes),
      count_(std::move(count)) {}

size_t Router::RouteNext() {
  if (tracker_.size() >= max_tracked_) DetachWhere(tracker_.PositionAt(tracker_.size() / 2));
  const model::EventPtr& event = *feed_.Peek();
  const uint64_t position = event->position();
  routes_.table()->Match(*event, matched_);
  targets_.clear();
  size_t wanted = 0;
  for (const uint32_t place : matched_) {
    Lane& lane = *routes_.lanes()[place];
    if (position >= lane.from()) ++wanted;
    if (!lane.WantsLive(position) || WasSettled(position, lane.id())) continue;
    if (lane.Full()) {
      lane.FallBehind(position);
      scheduler_.Touched(lane);
      continue;
    }
    targets_.push_back(&lane);
  }
  if (position > recovered_last_) count_.Count(*event, wanted);
  if (!targets_.empty()) {
    const HeldRef held = held_.Hold(event);
    const uint64_t slot = tracker_.Add(position, static_cast<uint32_t>(targets_.size()));
    for (Lane* lane : targets_) {
      lane->Enqueue(held, slot);
      scheduler_.Touched(*lane);
    }
  }
  feed_.Pop();
  return targets_.size();
}

/// A cursor takes the place of what the lanes have unsettled there.
void Router::DetachWhere(uint64_t below) {
  lanes_.ForEach([&](Lane& lane) {
    if (lane.LowestUnsettled() >= below) return;
    lane.Detach();
    scheduler_.Touched(lane);
  });
}

// A cursor goes back to what the lane has in memory, and no further.
void Router::ForgetSkipped() {
  skipped_.ForgetBelow([this](store::LaneId id) {
    const Lane* const lane = lanes_.Find(id);
    if (lane == nullptr || lane->closing()) return UINT64_MAX;
    return std::min({next(), lane->LowestUnsettled(), lane->cursor().value_or(UINT64_MAX)});
  });
}

void Router::Tick(base::MonoTime now) {
  ForgetSkipped();
  const uint64_t watermark = Watermark();
  if (watermark != oldest_ || tracker_.size() == 0) {
    oldest_ = watermark;
    oldest_since_ = now;
  } else if (now - oldest_since_ >= max_hold_) {
    DetachWhere(watermark + 2);
  }
  scheduler_.ForEach(LaneNeed::kRecovery, [this](Lane& lane) {
    if (lane.EndRecovery(recovered_last_, feed_.next())) scheduler_.Touched(lane);
  });
}

}  // namespace carillon::delivery
