#include "lane.h"

#include <algorithm>

namespace carillon::delivery {

Lane::Lane(const journal::LaneState& state, const LaneBounds& bounds, Tracker& tracker,
           std::shared_ptr<metrics::LaneMetrics> metrics)
    : id_(state.lane),
      bounds_(bounds),
      tracker_(tracker),
      metrics_(std::move(metrics)),
      from_(std::max(state.since, state.cursor.value_or(0))),
      limit_(bounds.bytes),
      retries_(state.parked, state.next_due) {
  marks.reported = state.cursor;
}

void Lane::Bind(std::shared_ptr<const routing::RoutingTable> table, uint32_t index) {
  destination_ = &table->destinations()[index];
  index_ = index;
  table_ = std::move(table);
  budget_at_.reset();  // the budget may be another
}

void Lane::SetRequests(http::EndpointId endpoint, RequestMaker requests) {
  endpoint_ = endpoint;
  requests_ = std::move(requests);
}

void Lane::Enqueue(HeldRef event, uint64_t slot) {
  fresh_bytes_ += event->bytes();
  if (slot == Tracker::kNone) ++untracked_;
  fresh_.push_back({.event = std::move(event), .slot = slot});
}

void Lane::FallBehind(uint64_t position) {
  Detach();
  cursor_ = position;
}

void Lane::Detach() {
  const auto detach = [this](Delivery& delivery) {
    if (delivery.slot == Tracker::kNone || delivery.parked) return;
    tracker_.Settle(std::exchange(delivery.slot, Tracker::kNone));
    ++untracked_;
  };
  for (Attempt* attempt : in_flight_) detach(attempt->delivery);
  for (size_t i = 0; i < fresh_.size(); ++i) detach(fresh_[i]);
}

void Lane::Shed(size_t keep_bytes) {
  retries_.Drop();
  if (fresh_bytes_ <= keep_bytes) return;
  limit_ = std::min(bounds_.bytes, std::max(keep_bytes, bounds_.floor_bytes));
  Detach();
  while (fresh_bytes_ > keep_bytes) {
    const Delivery dropped = fresh_.pop_back();
    fresh_bytes_ -= dropped.event->bytes();
    --untracked_;
    cursor_ = dropped.event->position();
  }
}

void Lane::MoveCursor(uint64_t position) { cursor_ = position; }

void Lane::CatchUp() {
  cursor_.reset();
  limit_ = bounds_.bytes;
}

std::optional<uint64_t> Lane::DurableCursor() const {
  if (cursor_) return std::min(*cursor_, LowestUnsettled());
  if (untracked_ > 0) return LowestUnsettled();
  return std::nullopt;
}

uint64_t Lane::LowestUnsettled() const {
  uint64_t lowest = fresh_.empty() ? Tracker::kNone : fresh_.front().event->position();
  for (const Attempt* attempt : in_flight_) {
    if (attempt->delivery.parked) continue;
    lowest = std::min(lowest, attempt->delivery.event->position());
  }
  return lowest;
}

bool Lane::Ready() const {
  if (closing_ || paused() || in_flight_.size() >= destination_->concurrency) return false;
  return !fresh_.empty() || (!retries_.empty() && !budget_at_);
}

void Lane::Pause(base::MonoTime until) {
  if (!paused_until_ || *paused_until_ < until) paused_until_ = until;
}

void Lane::Wake(base::MonoTime now) {
  if (paused_until_ && *paused_until_ <= now) paused_until_.reset();
  if (budget_at_ && *budget_at_ <= now) budget_at_.reset();
}

std::optional<Delivery> Lane::NextAttempt(base::MonoTime now) {
  const model::RetryBudget& budget = destination_->retry.budget;
  const bool turn = fresh_.empty() || (!retries_.empty() && ++turn_ % kRetryTurn == 0);
  if (turn && tokens_.Take(budget, now)) return retries_.Pop();
  if (fresh_.empty()) {
    budget_at_ = tokens_.NextAt(budget, now);
    return std::nullopt;
  }
  tokens_.CountFirst(budget, now);
  budget_at_.reset();  // there may be enough again
  Delivery delivery = fresh_.pop_front();
  fresh_bytes_ -= delivery.event->bytes();
  return delivery;
}

void Lane::Started(Attempt& attempt) {
  attempt.place = static_cast<uint32_t>(in_flight_.size());
  in_flight_.push_back(&attempt);
}

void Lane::Finished(Attempt& attempt) {
  in_flight_[attempt.place] = in_flight_.back();
  in_flight_[attempt.place]->place = attempt.place;
  in_flight_.pop_back();
  Settle(attempt.delivery);
}

void Lane::Settle(const Delivery& delivery) {
  if (delivery.parked) return;
  if (delivery.slot == Tracker::kNone) {
    --untracked_;
  } else {
    tracker_.Settle(delivery.slot);
  }
}

std::vector<Delivery> Lane::Close() {
  closing_ = true;
  std::vector<Delivery> waiting;
  waiting.reserve(fresh_.size());
  while (!fresh_.empty()) {
    waiting.push_back(fresh_.pop_front());
    Settle(waiting.back());
  }
  fresh_bytes_ = 0;
  retries_.Drop();
  return waiting;
}

void Lane::PublishGauges() {
  using metrics::LaneHealth;
  const auto relaxed = std::memory_order_relaxed;
  metrics_->ready.store(static_cast<int64_t>(fresh_.size() + retries_.size()), relaxed);
  metrics_->in_flight.store(static_cast<int64_t>(in_flight_.size()), relaxed);
  metrics_->parked.store(static_cast<int64_t>(retries_.parked()), relaxed);
  const Delivery* oldest = nullptr;
  if (!fresh_.empty()) oldest = &fresh_.front();
  if (!retries_.empty() &&
      (oldest == nullptr || retries_.front().event->accepted_at() < oldest->event->accepted_at())) {
    oldest = &retries_.front();
  }
  metrics_->oldest_ready_ns.store(
      oldest == nullptr ? 0 : base::ToUnixNanos(oldest->event->accepted_at()), relaxed);
  const bool idle = fresh_.empty() && retries_.empty() && in_flight_.empty();
  metrics_->health.store(failing_  ? LaneHealth::kFailing
                         : cursor_ ? LaneHealth::kBehind
                         : idle    ? LaneHealth::kIdle
                                   : LaneHealth::kActive,
                         relaxed);
}

}  // namespace carillon::delivery
