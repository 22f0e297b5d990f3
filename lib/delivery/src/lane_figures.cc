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
  pending.in_memory = Queued();
  for (const Attempt* attempt : in_flight_) {
    attempt->deliveries.ForEach([&](const Delivery& delivery) {
      if (Unsettled(attempt->deliveries, delivery)) ++pending.in_flight;
    });
  }
  return pending;
}

void Lane::DescribeState(base::MonoTime now, base::WallTime wall, DestinationStatus& status) const {
  using State = DestinationStatus::State;
  status.call = health_.call;
  if (health_.call) status.since = health_.call->at;
  if (health_.disabled) {
    status.state = State::kDisabled;
    status.disabled = health_.disabled;
    status.since = health_.disabled_at;
    return;
  }
  if (pace_.PausedByOwner()) {
    status.state = State::kPaused;
    status.pause_ends = health_.paused_until;
    return;
  }
  if (health_.paused) {  // that is over
    status.call.reset();
    status.since = health_.paused_until;
  }
  if (const auto until = pace_.AskedPauseUntil(); until && *until > now) {
    status.state = State::kPaused;
    status.pause_ends = wall + (*until - now);
    status.call.reset();
    status.since.reset();
  }
}

// Times that were measured by the steady clock are told by the other one as it stands now.
DestinationStatus Lane::Describe(base::MonoTime now, base::WallTime wall) const {
  using Circuit = DestinationStatus::Circuit;
  const auto told = [&](base::MonoTime at) {
    return at != Results::kNever ? std::optional<base::WallTime>(wall + (at - now)) : std::nullopt;
  };
  DestinationStatus status;
  DescribeState(now, wall, status);
  status.last_attempt = told(results.last);
  status.last_success = told(results.last_success);
  status.last_outcome = results.outcome;
  status.last_http_status = results.http_status;
  status.failing_since = health_.disabled ? health_.failing_since : failing.since();
  status.circuit = pace_.open()      ? Circuit::kOpen
                   : pace_.closed()  ? Circuit::kClosed
                   : pace_.ramping() ? Circuit::kRamping
                                     : Circuit::kHalfOpen;
  status.probe_at = told(pace_.OpenUntil().value_or(Results::kNever));
  status.queued = Queued();
  status.parked = retries_.parked();
  status.behind = cursor_.behind();
  if (const int64_t oldest = OldestReady(); oldest != 0) {
    status.oldest_accepted = base::FromUnixNanos(oldest);
  }
  status.in_flight = in_flight_.size();
  status.concurrency = pace_.Limit();
  return status;
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
