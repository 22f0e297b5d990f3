#include "cursor_mover.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace carillon::delivery {

void CursorMover::Follow(const store::Demand& demand) {
  demand_ = demand;
  if (demand_.leave_to == 0) return;
  scheduler_.ForEach(LaneNeed::kCursor, [this](Lane& lane) { Start(lane); });
}

void CursorMover::Start(Lane& lane) {
  if (lane.reading() || lane.NeedsRead()) return;
  const std::optional<uint64_t> cursor = lane.DurableCursor();
  if (!cursor || *cursor > demand_.leave_to) return;
  lane.Shed(0, router_.next());
  // What is in flight ends soon; only what lies at the cursor has to be looked at.
  if (lane.cursor() && *lane.cursor() <= demand_.leave_to) {
    moving_.push_back({lane.id(), lane.BeginRead()});
  }
  scheduler_.Touched(lane);
}

// What is kept comes before what the cursor covers, also after a restart: so the lane first has to
// end what it has in flight, and begins nothing new until it has moved.
void CursorMover::Run() {
  size_t looks = moving_.size();
  while (reads_ < kReads && looks-- > 0) {
    Move move = moving_.pop_front();
    Lane* const lane = lanes_.Find(move.lane);
    if (lane == nullptr) continue;
    if (lane->closing()) {
      lane->EndRead(*std::move(move.reading));
      continue;
    }
    if (lane->LowestUnsettled() != Tracker::kNone) {
      moving_.push_back(std::move(move));
      continue;
    }
    ++reads_;
    journal_.Read(*lane, *lane->cursor(),
                  [this, move = std::move(move), to = demand_.leave_to](
                      Lane* moved, const store::EventBatchPtr& batch) mutable {
                    --reads_;
                    if (moved == nullptr) return;
                    if (moved->closing()) return moved->EndRead(*std::move(move.reading));
                    OnRead(*moved, std::move(move), to, *batch);
                  });
  }
}

void CursorMover::OnRead(Lane& lane, Move move, uint64_t leave_to, const store::EventBatch& batch) {
  const uint64_t end = std::min(leave_to + 1, router_.next());
  const uint64_t seen = batch.last + 1;
  for (const model::EventPtr& event : batch.events) {
    if (event->position() >= end) break;
    if (event->position() < *lane.cursor() || !router_.IsDue(*event, lane)) continue;
    evictor_.KeepOrEvict(lane, *event, demand_.keep_since);
  }
  lane.MoveCursor(std::clamp(seen, *lane.cursor(), std::max(end, *lane.cursor())));
  if (*lane.cursor() < end) {
    moving_.push_back(std::move(move));
  } else {
    lane.EndRead(*std::move(move.reading));
  }
}

}  // namespace carillon::delivery
