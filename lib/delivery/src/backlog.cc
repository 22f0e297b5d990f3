#include "backlog.h"

#include <algorithm>
#include <utility>

namespace carillon::delivery {

void Backlog::Run() {
  while (reads_ < kReads && scheduler_.Has(LaneNeed::kBacklog)) {
    Lane* const lane = scheduler_.Next(LaneNeed::kBacklog);
    ++reads_;
    Lane::Reading reading = lane->BeginRead();
    scheduler_.Touched(*lane);
    if (!lane->kept().empty()) {
      AskForKept(*lane, std::move(reading));
      continue;
    }
    journal_.Read(*lane, *lane->cursor(),
                  [this, reading = std::move(reading)](Lane* asked,
                                                       const store::EventBatchPtr& batch) mutable {
                    --reads_;
                    OnRead(asked, *batch, std::move(reading));
                  });
  }
}

void Backlog::AskForKept(Lane& lane, Lane::Reading reading) {
  const uint64_t from = lane.kept().next();
  journal_.TakeKept(lane, from, kKeptRows,
                    [this, from, reading = std::move(reading)](
                        Lane* asked, const store::DueDeliveries& answer) mutable {
                      --reads_;
                      if (asked == nullptr) return;
                      asked->EndRead(std::move(reading));
                      OnKept(*asked, from, answer);
                    });
}

void Backlog::OnKept(Lane& lane, uint64_t from, const store::DueDeliveries& answer) {
  // As for a cursor: where it went back meanwhile, rows are missing from this answer.
  const bool whole = lane.kept().next() >= from;
  for (const store::DueDelivery& row : answer.due) {
    if (!whole || !lane.NeedsRead()) break;
    if (!lane.kept().Take(row.parked.position)) continue;
    if (row.event == nullptr) {
      dead_.AddUnreadable(lane, row.parked);
    } else {
      lane.EnqueueKept(held_.Hold(row.event));
    }
  }
}

void Backlog::OnRead(Lane* asked, const store::EventBatch& batch, Lane::Reading reading) {
  shared_.assign(batch.events.size(), HeldRef());
  if (asked != nullptr) {
    asked->EndRead(std::move(reading));
    // A cursor that went back meanwhile (the lane shed what it held) is not covered by this answer.
    if (asked->ReadsJournal() && *asked->cursor() >= batch.first) Serve(*asked, batch);
  }
  const auto share = [&](Lane& lane) {
    if (!lane.ReadsJournal() || *lane.cursor() < batch.first || *lane.cursor() > batch.last) return;
    Serve(lane, batch);
    scheduler_.Touched(lane);
  };
  scheduler_.ForFirst(LaneNeed::kBacklog, kSharers, share);
  shared_.clear();
}

void Backlog::Serve(Lane& lane, const store::EventBatch& batch) {
  const uint64_t next = router_.next();  // a lane there has caught up
  const auto below = [](const model::EventPtr& event, uint64_t at) {
    return event->position() < at;
  };
  const store::Events& events = batch.events;
  auto at = std::lower_bound(events.begin(), events.end(), *lane.cursor(), below);
  uint64_t seen = batch.last + 1;
  for (; at != events.end(); ++at) {
    const uint64_t position = (*at)->position();
    if (position >= next || lane.Full()) {
      seen = position;
      break;
    }
    if (!router_.IsDue(**at, lane)) continue;
    HeldRef& held = shared_[static_cast<size_t>(at - events.begin())];
    if (!held) held = held_.Hold(*at);
    lane.Enqueue(held, Tracker::kNone);
  }
  lane.MoveCursor(std::clamp(seen, *lane.cursor(), next));
  if (*lane.cursor() == next) lane.CatchUp();
}

}  // namespace carillon::delivery
