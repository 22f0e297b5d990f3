#include <algorithm>

#include "carillon/policy/retry.h"
#include "dispatcher_impl.h"

namespace carillon::delivery {
namespace {

using std::chrono::milliseconds;

// Requests for due deliveries under way at once, and about how many bytes of events each brings.
constexpr int kAsks = 4;
constexpr size_t kMaxAskBytes = 1u << 20;
constexpr size_t kAskShare = 64;  // of the shard's memory
// Attempts a lane starts before it is the next one's turn.
constexpr int kBurst = 8;

}  // namespace

void DispatcherImpl::MarkRunnable(Lane& lane) {
  if (lane.marks.runnable || !lane.Ready()) return;
  lane.marks.runnable = true;
  runnable_.push_back(&lane);
}

void DispatcherImpl::Pause(Lane& lane, milliseconds time) {
  lane.Pause(clock_.Mono() + time);
  waking_.Refresh(lane);
  RefreshDue(lane);
}

void DispatcherImpl::WakeLanes() {
  if (!waking_.Next()) return;
  const base::MonoTime now = clock_.Mono();
  while (Lane* lane = waking_.Pop(now)) {
    lane->Wake(now);
    waking_.Refresh(*lane);
    RefreshDue(*lane);
    MarkRunnable(*lane);
  }
}

void DispatcherImpl::SendReady() {
  if (runnable_.empty() || !MayStart()) return;
  const base::WallTime wall = clock_.Wall();
  const base::MonoTime now = clock_.Mono();
  while (!runnable_.empty() && MayStart()) {
    Lane& lane = *runnable_.pop_front();
    lane.marks.runnable = false;
    for (int i = 0; i < kBurst && lane.Ready(); ++i) Send(lane, wall, now);
    MarkRunnable(lane);
  }
}

void DispatcherImpl::Send(Lane& lane, base::WallTime wall, base::MonoTime now) {
  std::optional<Delivery> next = lane.NextAttempt(now);
  if (!next) return waking_.Refresh(lane);
  Delivery& delivery = *next;
  if (delivery.parked && lane.retries().empty()) RefreshDue(lane);
  if (delivery.parked && TooLate(lane, *delivery.event, milliseconds(0))) {
    return GiveUp(lane, delivery.due, delivery.event->position(), delivery.attempts);
  }
  Attempt& attempt = attempts_.Start(lane, std::move(delivery));
  lane.Started(attempt);
  courier_.Start(
      lane.requests().Make(lane.endpoint(), attempt.token(), attempt.delivery.event, wall));
  if (lane.NeedsRead()) backlog_.Want(lane);
}

void DispatcherImpl::OnResponse(uint64_t token, const http::Response& response) {
  Attempt* attempt = attempts_.Find(token);
  if (attempt == nullptr) return;
  Lane& lane = *attempt->lane;
  const model::Outcome outcome =
      policy::JudgeAttempt(lane.destination().success, response.wire, response.status);
  const bool abandoned = draining_ && !lane.closing() && outcome == model::Outcome::kCancelled;
  // The parked rows of a lane that is being closed stay, and become dead with the lane.
  const bool stays =
      attempt->delivery.parked && lane.closing() && outcome != model::Outcome::kSuccess;
  const auto took = response.ended - response.started;
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  news_.Add(journal::AttemptRow{
      .position = attempt->delivery.event->position(),
      .lane = lane.id(),
      .number = attempt->delivery.attempts + 1,
      .outcome = outcome,
      .http_status = response.status,
      .started = clock_.Wall() - (clock_.Mono() - response.started),
      .duration_us = static_cast<uint32_t>(std::clamp<int64_t>(micros, 0, UINT32_MAX)),
      .settles = !abandoned && !stays});
  lane.metrics().CountAttempt(outcome);
  metrics_.ObserveAttempt(outcome, took);
  if (abandoned) {
    attempts_.Abandon(*attempt);  // its delivery holds the watermark, or the lane's cursor
  } else {
    const bool whole = response.wire == model::Outcome::kSuccess;
    Conclude(*attempt, {.outcome = outcome,
                        .status = whole ? response.status : uint16_t{0},
                        .retry_after = whole ? response.retry_after : std::string_view(),
                        .failures = attempt->delivery.attempts + 1});
  }
  Turn();
}

void DispatcherImpl::Conclude(Attempt& attempt, const policy::Failure& result) {
  Lane& lane = *attempt.lane;
  const Delivery& delivery = attempt.delivery;
  const bool success = result.outcome == model::Outcome::kSuccess;
  if (delivery.parked && (success || !lane.closing())) {
    news_.Add(journal::ParkedKey{lane.id(), delivery.due, delivery.event->position()});
    lane.retries().CountUnparked();
  }
  if (success) {
    lane.metrics().delivered.fetch_add(1, std::memory_order_relaxed);
    const auto since = clock_.Wall() - delivery.event->accepted_at();
    metrics_.ObserveDelivered(std::max(since, std::chrono::nanoseconds(0)));
  } else {
    Fail(lane, delivery, result);
  }
  lane.SetFailing(!success);
  lane.Finished(attempt);
  attempts_.Finish(attempt);
  if (lane.Gone()) {
    news_.AddClosed(lane.id());
  } else {
    MarkRunnable(lane);
  }
}

void DispatcherImpl::Fail(Lane& lane, const Delivery& delivery, const policy::Failure& failure) {
  const uint64_t position = delivery.event->position();
  if (lane.closing()) {
    if (!delivery.parked) AddDead(lane, position, failure.failures, model::Outcome::kCancelled);
    return;
  }
  const policy::Sequel sequel =
      policy::AfterFailure(lane.destination().retry, failure, clock_.Wall(), random_);
  if (sequel.retry_after_ignored) metrics_.CountRetryAfterIgnored();
  if (sequel.pause) Pause(lane, *sequel.pause);
  if (!sequel.delay || TooLate(lane, *delivery.event, *sequel.delay)) {
    return AddDead(lane, position, failure.failures, failure.outcome);
  }
  const base::WallTime due = retry_clock_.Now() + *sequel.delay;
  news_.Add(journal::Parked{lane.id(), due, position, failure.failures});
  lane.retries().CountParked();
}

// By the wall clock as it stands, as the event's acceptance was: a clock set back since makes a
// delivery live longer, never shorter.
bool DispatcherImpl::TooLate(const Lane& lane, const model::Event& event, milliseconds wait) const {
  return policy::TooOld(lane.destination().retry, clock_.Wall() - event.accepted_at() + wait);
}

void DispatcherImpl::GiveUp(Lane& lane, base::WallTime due, uint64_t position, uint32_t attempts) {
  news_.Add(journal::ParkedKey{lane.id(), due, position});
  lane.retries().CountUnparked();
  AddDead(lane, position, attempts, model::Outcome::kCancelled);
}

void DispatcherImpl::AddDead(Lane& lane, uint64_t position, uint32_t attempts,
                             model::Outcome outcome) {
  news_.Add(journal::Dead{lane.id(), position, attempts, outcome, clock_.Wall()});
  lane.metrics().dead.fetch_add(1, std::memory_order_relaxed);
}

void DispatcherImpl::AskForDue() {
  if (!due_lanes_.Next() || asks_ >= kAsks) return;
  const base::WallTime now = retry_clock_.Now();
  const size_t bytes = std::min(kMaxAskBytes, options_.max_memory_bytes / kAskShare);
  while (asks_ < kAsks) {
    Lane* lane = due_lanes_.PopDue(now);
    if (lane == nullptr) return;
    const auto next = lane->retries().AskAt();
    if (!next) continue;
    ++asks_;
    lane->retries().BeginAsking();
    journal_.TakeDue(lane->id(), DueLanes::TakeUntil(*lane, *next, now), lane->AskLimit(bytes),
                     home_.Bring<journal::DueDeliveries>(
                         [this, id = lane->id()](const journal::DueDeliveries& answer) {
                           --asks_;
                           OnDue(id, answer);
                           Turn();
                         }));
  }
}

void DispatcherImpl::OnDue(journal::LaneId id, const journal::DueDeliveries& answer) {
  Lane* lane = lanes_.Find(id);
  if (lane == nullptr || lane->closing()) return;
  RetryQueue& retries = lane->retries();
  for (const journal::DueDelivery& row : answer.due) {
    const journal::Parked& parked = row.parked;
    if (!retries.Take(parked.due, parked.position)) continue;
    if (row.event == nullptr || TooLate(*lane, *row.event, milliseconds(0))) {
      GiveUp(*lane, parked.due, parked.position, parked.attempts);
      continue;
    }
    retries.Push({.event = held_.Hold(row.event),
                  .due = parked.due,
                  .attempts = parked.attempts,
                  .parked = true});
  }
  retries.EndAsking(answer);
  RefreshDue(*lane);
  MarkRunnable(*lane);
}

}  // namespace carillon::delivery
