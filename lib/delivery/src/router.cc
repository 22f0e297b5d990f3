#include "router.h"

#include <utility>

namespace carillon::delivery {

Router::Router(const DispatcherOptions& options, ShardJournal& journal, HeldEvents& held,
               LaneMap& lanes, LaneScheduler& scheduler, RoutedCount count,
               std::function<void()> on_read)
    : options_(options),
      journal_(journal),
      held_(held),
      lanes_(lanes),
      scheduler_(scheduler),
      count_(std::move(count)),
      recovered_last_(journal.state().last_position),
      feed_(options.max_memory_bytes / 4, journal, std::move(on_read)) {}

void Router::SetTable(std::shared_ptr<const routing::RoutingTable> table,
                      std::span<const std::pair<uint32_t, Lane*>> places) {
  table_ = std::move(table);
  lane_of_.resize(table_->places());
  for (const auto& [place, lane] : places) lane_of_[place] = lane;
}

size_t Router::RouteNext() {
  if (tracker_.size() >= options_.max_tracked)
    DetachWhere(tracker_.PositionAt(tracker_.size() / 2));
  const model::EventPtr& event = *feed_.Peek();
  const uint64_t position = event->position();
  table_->Match(*event, matched_);
  targets_.clear();
  size_t wanted = 0;
  for (const uint32_t place : matched_) {
    Lane& lane = *lane_of_[place];
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

void Router::Tick(base::MonoTime now) {
  const uint64_t watermark = Watermark();
  if (watermark != oldest_ || tracker_.size() == 0) {
    oldest_ = watermark;
    oldest_since_ = now;
  } else if (now - oldest_since_ >= options_.max_hold) {
    DetachWhere(watermark + 2);
  }
  scheduler_.ForEach(LaneNeed::kRecovery, [this](Lane& lane) {
    if (lane.EndRecovery(recovered_last_, feed_.next())) scheduler_.Touched(lane);
  });
}

}  // namespace carillon::delivery
