#include <algorithm>
#include <atomic>

#include "lane.h"

namespace carillon::delivery {

// Retries come by their times and groups by chance: each of them may be the oldest.
int64_t Lane::OldestReady() const {
  base::WallTime oldest = base::WallTime::max();
  const auto look = [&oldest](const Delivery& delivery) {
    oldest = std::min(oldest, delivery.event->accepted_at());
  };
  if (!fresh_.empty()) look(fresh_.front());
  groups_.ForEachFirst(look);
  retries_.ForEach([&look](const DeliveryBatch& deliveries) { look(deliveries.first); });
  return oldest == base::WallTime::max() ? 0 : base::ToUnixNanos(oldest);
}

model::Pending Lane::CountPending() const {
  model::Pending pending{.tenant = destination_->tenant, .name = destination_->name};
  pending.parked = retries_.parked();
  pending.in_memory = fresh_.size() - kept_.queued() + groups_.unsettled();
  for (const Attempt* attempt : in_flight_) {
    attempt->deliveries.ForEach([&](const Delivery& delivery) {
      if (Unsettled(attempt->deliveries, delivery)) ++pending.in_flight;
    });
  }
  return pending;
}

metrics::DestinationState Lane::Condition(size_t ready) const {
  using metrics::DestinationState;
  if (mode_ != Mode::kRun) return DestinationState::kDisabled;
  if (pace_.open()) return DestinationState::kOpen;
  if (failing_) return DestinationState::kFailing;
  if (cursor_.behind()) return DestinationState::kBehind;
  return ready == 0 && in_flight_.empty() ? DestinationState::kIdle : DestinationState::kActive;
}

void Lane::PublishGauges() {
  const auto relaxed = std::memory_order_relaxed;
  const size_t ready = fresh_.size() + groups_.waiting() + retries_.size();
  metrics_->ready.store(static_cast<int64_t>(ready), relaxed);
  metrics_->in_flight.store(static_cast<int64_t>(in_flight_.size()), relaxed);
  metrics_->parked.store(static_cast<int64_t>(retries_.parked()), relaxed);
  metrics_->oldest_ready_ns.store(OldestReady(), relaxed);
  metrics_->state.store(Condition(ready), relaxed);
}

}  // namespace carillon::delivery
