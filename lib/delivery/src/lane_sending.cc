#include <algorithm>

#include "carillon/codec/body.h"
#include "carillon/policy/retry.h"
#include "lane.h"
#include "ordering_group.h"

namespace carillon::delivery {

bool Lane::FreshOpen() const {
  if (fresh_.empty() || groups_.Full()) return false;
  return destination_->order.by != model::Ordering::kStrict || groups_.Free(kStrictGroup);
}

bool Lane::FreshReady() const { return !batch_.waits() && (groups_.MayHaveReady() || FreshOpen()); }

bool Lane::Ready() const {
  if (closing_ || mode_ == Mode::kRest) return false;
  if (mode_ == Mode::kDrop) return !retries_.empty() || FreshReady();
  if (pace_.Blocked() || in_flight_.size() >= pace_.Limit()) return false;
  return FreshReady() || (pace_.NoRetry() ? retries_.HasUntried() : !retries_.empty());
}

// One that was never tried is no retry, and passes those that have no token.
std::optional<DeliveryBatch> Lane::NextParked(base::MonoTime now) {
  const bool first = mode_ == Mode::kDrop || !retries_.FirstIsTried() || TakeRetry(now);
  if (!first && !retries_.HasUntried()) return std::nullopt;
  DeliveryBatch deliveries = first ? retries_.Pop() : retries_.PopUntried();
  groups_.Restart(deliveries);
  return deliveries;
}

bool Lane::TakeRetry(base::MonoTime now) {
  const bool taken = pace_.TakeRetry(now);
  if (!taken && !out_of_budget_)
    metrics_->deferred[static_cast<size_t>(metrics::DeferredBy::kBudget)].Add();
  if (taken && out_of_budget_) retries_free_since_ = now;
  out_of_budget_ = !taken;
  return taken;
}

std::optional<base::WallTime> Lane::NextRetry() const {
  if (closing_ || mode_ != Mode::kRun || HeldByDestination() || pace_.NoRetry()) {
    return std::nullopt;
  }
  if (in_flight_.size() >= pace_.Limit()) return std::nullopt;
  return retries_.OldestDue();
}

void Lane::NoteBreaker() {
  using metrics::BreakerState;
  const BreakerState state = pace_.open()     ? BreakerState::kOpen
                             : pace_.closed() ? BreakerState::kClosed
                                              : BreakerState::kHalfOpen;
  if (std::exchange(breaker_, state) == state) return;
  metrics_->transitions[static_cast<size_t>(state)].Add();
}

std::optional<base::MonoTime> Lane::WakeAt() const {
  if (mode_ != Mode::kRun) return std::nullopt;
  const std::optional<base::MonoTime> pace = pace_.WakeAt();
  const std::optional<base::MonoTime> batch = batch_.until();
  if (pace_.Blocked() || !batch) return pace;
  return pace ? std::min(*pace, *batch) : *batch;
}

void Lane::Wake(base::MonoTime now, base::WallTime wall) {
  const bool held = HeldByDestination() || (batch_.waits() && !pace_.Blocked());
  if (const auto at = WakeAt(); held && at && *at <= now) FreedAt(*at);
  const Pace::Ended ended = pace_.Wake(now);
  NoteBreaker();
  const auto due = retries_.OldestDue();
  const auto count = [&](bool ended_now, metrics::DeferredBy by) {
    if (ended_now && due && *due <= wall) metrics_->deferred[static_cast<size_t>(by)].Add();
  };
  count(ended.breaker, metrics::DeferredBy::kBreaker);
  count(ended.pause, metrics::DeferredBy::kPause);
  count(ended.rate, metrics::DeferredBy::kRate);
  batch_.Wake(now);
}

// By the time of day as it stands, as the event's acceptance was: a clock set back since makes a
// delivery live longer, never shorter.
bool Lane::TooLate(const model::Event& event, std::chrono::nanoseconds wait,
                   base::WallTime now) const {
  return policy::TooOld(destination_->retry, now - event.accepted_at() + wait);
}

std::optional<DeliveryBatch> Lane::NextBatch(base::MonoTime now, base::WallTime wall) {
  const bool drop = mode_ == Mode::kDrop;
  if (!drop && !pace_.RateAllows(now)) return std::nullopt;
  const bool fresh = FreshReady();
  if (!retries_.empty() && (!fresh || ++turn_ % kRetryTurn == 0)) {
    if (std::optional<DeliveryBatch> parked = NextParked(now)) return parked;
  }
  if (!fresh || (!drop && destination_->batch && !BatchDue(now, wall))) return std::nullopt;
  std::optional<DeliveryBatch> deliveries = Compose();
  if (deliveries && !drop) pace_.OnFirst(now);
  return deliveries;
}

size_t Lane::BatchMost() const {
  const bool many = destination_->batch && codec::IsBatchFormat(destination_->format);
  return many ? destination_->batch->max_events : 1;
}

bool Lane::BatchFull() const {
  const size_t waiting = fresh_.size() + groups_.waiting();
  return waiting >= destination_->batch->max_events || payload_ >= destination_->batch->max_bytes;
}

// The oldest that waits tells how long the batch has waited.
bool Lane::BatchDue(base::MonoTime now, base::WallTime wall) {
  if (batch_.over() || fresh_.empty() || BatchFull()) return true;
  return batch_.MayGo(wall - fresh_.front().event->accepted_at(), destination_->batch->max_wait,
                      now);
}

std::optional<DeliveryBatch> Lane::Compose() {
  Groups::Composer composer = groups_.Compose();
  DeliveryBatch deliveries;
  size_t count = 0;
  size_t payload = 0;
  const size_t most = BatchMost();
  while (count < most) {
    std::optional<Delivery> next = NextDelivery(composer, count, payload);
    if (!next) break;
    payload += next->event->payload().size();
    deliveries.attempts = std::max(deliveries.attempts, next->attempts);
    if (count++ == 0) {
      deliveries.first = *std::move(next);
    } else {
      deliveries.rest.push_back(*std::move(next));
    }
  }
  if (count == 0) return std::nullopt;
  batch_.OnSent();
  return deliveries;
}

bool Lane::Fits(const Delivery& delivery, size_t count, size_t payload) const {
  if (count == 0) return true;
  return payload + delivery.event->payload().size() <= destination_->batch->max_bytes;
}

// What waited in order and what is fresh take turns, so that neither waits forever.
std::optional<Delivery> Lane::NextDelivery(Groups::Composer& composer, size_t count,
                                           size_t payload) {
  for (int looks = 0; looks < kLooks; ++looks) {
    const bool fresh = count == 0 ? FreshOpen() : !fresh_.empty() && !groups_.Full();
    const bool turn = !fresh || looks % 2 == 0;
    if (const Delivery* waited = turn ? composer.Peek() : nullptr; waited != nullptr) {
      if (!Fits(*waited, count, payload)) return std::nullopt;
      bytes_ -= waited->event->bytes();
      return composer.Pop();
    }
    if (!fresh || !Fits(fresh_.front(), count, payload)) return std::nullopt;
    Delivery delivery = fresh_.pop_front();
    payload_ -= delivery.event->payload().size();
    if (delivery.kept) kept_.OnUnqueued();
    const size_t bytes = delivery.event->bytes();
    const Groups::Place place =
        delivery.group == 0 ? Groups::Place::kTaken : composer.Offer(delivery);
    if (place == Groups::Place::kWaits) continue;
    bytes_ -= bytes;
    if (place == Groups::Place::kTaken) return delivery;
    WriteRow(delivery);
  }
  return std::nullopt;
}

}  // namespace carillon::delivery
