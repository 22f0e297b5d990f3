#include "removal.h"

#include <algorithm>
#include <utility>

namespace carillon::delivery {

void Removals::Begin(const Lane& lane, std::shared_ptr<const routing::RoutingTable> last) {
  Removal& removal = removals_[lane.id()];
  removal.table = std::move(last);
  removal.place = lane.place();
  removal.metrics = lane.shared_metrics();
  if (!lane.cursor()) return;
  removal.next = std::max(*lane.cursor(), lane.from());
  removal.end = router_.next();
}

void Removals::OnDead(store::LaneId lane) {
  ++removals_.at(lane).counts.unsent;
  metrics_.CountGivenUp(metrics::GivenUp::kRemoved, 1);
}

void Removals::OnGone(const Lane& lane) {
  Removal& removal = removals_.at(lane.id());
  removal.gone = true;
  removal.counts.parked = lane.retries().parked();
  Count(removal, removal.counts.parked);
  settlements_.AddClosed(lane.id());
  GoOn(lane.id());
}

void Removals::Await(absl::AnyInvocable<void(uint64_t)> done) {
  waiters_.push_back(std::move(done));
  Tell();
}

void Removals::Count(Removal& removal, uint64_t deliveries) {
  removal.metrics->dead.fetch_add(deliveries, std::memory_order_relaxed);
  metrics_.CountGivenUp(metrics::GivenUp::kRemoved, deliveries);
}

void Removals::GoOn(store::LaneId id) {
  const auto found = removals_.find(id);
  Removal& removal = found->second;
  if (removal.Done()) {
    if (removal.counts.deliveries() > 0) {
      observer_.OnRemoved(*removal.table->at(removal.place), removal.counts);
    }
    removed_ += removal.counts.deliveries();
    removals_.erase(found);
    Tell();
  } else if (removal.next < removal.end && !std::exchange(removal.counting, true)) {
    journal_.Read(removal.next,
                  [this, id](const store::EventBatchPtr& batch) { OnRead(id, *batch); });
  }
}

// What retention removed meanwhile cannot be counted any more.
void Removals::OnRead(store::LaneId id, const store::EventBatch& batch) {
  Removal& removal = removals_.at(id);
  removal.counting = false;
  uint64_t behind = 0;
  for (const model::EventPtr& event : batch.events) {
    if (event->position() >= removal.end) break;
    if (!removal.table->Matches(*event, removal.place)) continue;
    if (!router_.WasSettled(event->position(), id)) ++behind;
  }
  removal.next = batch.last + 1;
  removal.counts.behind += behind;
  Count(removal, behind);
  GoOn(id);
}

void Removals::Tell() {
  if (!removals_.empty()) return;
  for (auto& done : std::exchange(waiters_, {})) done(removed_);
}

}  // namespace carillon::delivery
