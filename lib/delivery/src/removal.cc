// What dies with a destination that is taken out of the configuration is counted and told: what is
// in memory and in flight one by one, what has rows by their number, what lies behind a cursor by
// reading it once more. The journal makes the rows dead, in steps, as it closes the lane.

#include "removal.h"

#include <algorithm>

#include "dispatcher_impl.h"

namespace carillon::delivery {

void DispatcherImpl::BeginRemoval(Lane& lane) {
  Removal& removal = removals_[lane.id()];
  removal.table = lane.table();
  removal.index = lane.index();
  removal.metrics = lane.shared_metrics();
  if (!lane.cursor()) return;
  removal.next = std::max(*lane.cursor(), lane.from());
  removal.end = feed_.next();
}

void DispatcherImpl::CountRemoved(Removal& removal, uint64_t deliveries) {
  removal.metrics->dead.fetch_add(deliveries, std::memory_order_relaxed);
  metrics_.CountGivenUp(metrics::GivenUp::kRemoved, deliveries);
}

void DispatcherImpl::LaneGone(Lane& lane) {
  Removal& removal = removals_.at(lane.id());
  removal.gone = true;
  removal.counts.parked = lane.retries().parked();
  CountRemoved(removal, removal.counts.parked);
  news_.AddClosed(lane.id());
  GoOnRemoving(lane.id());
}

void DispatcherImpl::GoOnRemoving(journal::LaneId id) {
  const auto found = removals_.find(id);
  Removal& removal = found->second;
  if (removal.Done()) {
    if (removal.counts.deliveries() > 0) {
      observer_.OnRemoved(removal.table->destinations()[removal.index], removal.counts);
    }
    removed_ += removal.counts.deliveries();
    removals_.erase(found);
    TellRemovals();
  } else if (removal.next < removal.end && !std::exchange(removal.counting, true)) {
    journal_.Read(removal.next, options_.read_bytes,
                  home_.Bring<journal::EventBatchPtr>(
                      [this, id](const journal::EventBatchPtr& batch) { OnCounting(id, batch); }));
  }
}

void DispatcherImpl::AwaitRemovals(absl::AnyInvocable<void(uint64_t)> done) {
  removal_waiters_.push_back(std::move(done));
  TellRemovals();
}

void DispatcherImpl::TellRemovals() {
  if (!removals_.empty()) return;
  for (auto& done : std::exchange(removal_waiters_, {})) done(removed_);
}

// What retention removed meanwhile cannot be counted any more.
void DispatcherImpl::OnCounting(journal::LaneId id, const journal::EventBatchPtr& batch) {
  Removal& removal = removals_.at(id);
  removal.counting = false;
  uint64_t behind = 0;
  uint64_t seen = removal.end;
  if (batch != nullptr && !batch->empty()) seen = batch->back()->position() + 1;
  if (batch != nullptr) {
    for (const model::EventPtr& event : *batch) {
      if (event->position() >= removal.end) break;
      if (!removal.table->Matches(*event, removal.index)) continue;
      if (!WasSettled(event->position(), id)) ++behind;
    }
  }
  removal.next = seen;
  removal.counts.behind += behind;
  CountRemoved(removal, behind);
  GoOnRemoving(id);
}

}  // namespace carillon::delivery
