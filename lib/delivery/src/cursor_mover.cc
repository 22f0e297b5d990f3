#include "cursor_mover.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace carillon::delivery {

CursorMover::CursorMover(ShardJournal& journal, LaneMap& lanes, LaneScheduler& scheduler,
                         const Router& router, const Sender& sender, SettlementBuffer& settlements,
                         Evictor& evictor, std::function<void()> on_read)
    : journal_(journal),
      lanes_(lanes),
      scheduler_(scheduler),
      router_(router),
      sender_(sender),
      settlements_(settlements),
      evictor_(evictor),
      on_read_(std::move(on_read)) {}

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
  while (reads_ < kReads && looks-- > 0 && sender_.MayStart()) {
    Move move = moving_.pop_front();
    Lane* const lane = lanes_.Find(move.lane);
    if (lane == nullptr || lane->closing()) continue;
    if (lane->LowestUnsettled() != Tracker::kNone) {
      moving_.push_back(std::move(move));
      continue;
    }
    ++reads_;
    journal_.Read(*lane->cursor(), [this, move = std::move(move), to = demand_.leave_to](
                                       const store::EventBatchPtr& batch) mutable {
      --reads_;
      OnRead(std::move(move), to, *batch);
      on_read_();
    });
  }
}

void CursorMover::OnRead(Move move, uint64_t leave_to, const store::EventBatch& batch) {
  Lane* const lane = lanes_.Find(move.lane);
  if (sender_.stopped() || lane == nullptr || lane->closing()) return;
  const uint64_t end = std::min(leave_to + 1, router_.next());
  const uint64_t seen = batch.last + 1;
  for (const model::EventPtr& event : batch.events) {
    if (event->position() >= end) break;
    if (event->position() < *lane->cursor() || !lane->Matches(*router_.table(), *event)) continue;
    if (!router_.WasSettled(event->position(), move.lane)) KeepOrEvict(*lane, *event);
  }
  lane->MoveCursor(std::clamp(seen, *lane->cursor(), std::max(end, *lane->cursor())));
  if (*lane->cursor() < end) {
    moving_.push_back(std::move(move));
  } else {
    lane->EndRead(*std::move(move.reading));
  }
  scheduler_.Touched(*lane);
}

void CursorMover::KeepOrEvict(Lane& lane, const model::Event& event) {
  if (event.accepted_at() < demand_.keep_since) {
    const store::Parked row{.lane = lane.id(),
                            .due = store::Due::Kept(),
                            .position = event.position(),
                            .group = lane.GroupOf(event),
                            .rest = {}};
    return evictor_.Evict(lane, row, /*too_old=*/true);
  }
  settlements_.Add(lane.Keep(event));
  lane.retries().CountParked(1);
}

}  // namespace carillon::delivery
