#include <algorithm>
#include <map>

#include "attempt_span.h"
#include "carillon/codec/body.h"
#include "carillon/policy/retry.h"
#include "dispatcher_impl.h"

namespace carillon::delivery {

using std::chrono::milliseconds;

void DispatcherImpl::ObservePhases(const http::PhaseTimes& times) {
  const auto observe = [this](metrics::AttemptPhase phase, std::chrono::nanoseconds took) {
    if (took >= std::chrono::nanoseconds(0)) {
      figures_->phases[static_cast<size_t>(phase)].Observe(took);
    }
  };
  observe(metrics::AttemptPhase::kDns, times.dns);
  observe(metrics::AttemptPhase::kConnect, times.connect);
  observe(metrics::AttemptPhase::kTls, times.tls);
  observe(metrics::AttemptPhase::kFirstByte, times.first_byte);
  observe(metrics::AttemptPhase::kBody, times.body);
}

void DispatcherImpl::OnResponse(uint64_t token, const http::Response& response) {
  Attempt* attempt = attempts_.Find(token);
  if (attempt == nullptr) return;
  Lane& lane = *attempt->lane;
  scheduler_.Release(lane);
  const bool whole = response.wire == model::Outcome::kSuccess;
  const model::Outcome outcome =
      policy::JudgeAttempt(lane.destination().success, response.wire, response.status);
  if (outcome == model::Outcome::kLocalShortage) {
    Postpone(*attempt, response);
    return Turn();
  }
  if (lane.WaitsForEnds()) lane.FreedAt(response.ended);
  if (attempt->late != Attempt::kNotFirst) figures_->first_attempt.Observe(attempt->late);
  const bool abandoned = draining_ && !lane.closing() && outcome == model::Outcome::kCancelled;
  const auto took = response.ended - response.started;
  AddAttemptRows(*attempt, outcome, response, abandoned);
  lane.metrics().CountAttempt(outcome);
  metrics_.ObserveAttempt(outcome, took);
  if (attempt->span != 0 && options_.tracer != nullptr) RecordSpan(*attempt, outcome, response);
  if (outcome != model::Outcome::kCancelled) ObservePhases(response.times);
  if (outcome != model::Outcome::kSuccess && outcome != model::Outcome::kCancelled) {
    observer_.OnFailed(lane.destination(), outcome, response, *attempt->parcel.first.event);
  }
  if (!abandoned) {
    OnBreaker(lane, lane.pace().OnEnd(outcome, response, lane.in_flight(), random_));
    Conclude(*attempt, {.outcome = outcome,
                        .status = whole ? response.status : uint16_t{0},
                        .retry_after = whole ? response.retry_after : std::string_view(),
                        .failures = attempt->parcel.attempts + 1,
                        .breaker = lane.destination().breaker.has_value()});
  } else if (attempt->parcel.rest.empty() || attempt->parcel.parked) {
    attempts_.Abandon(*attempt);  // its delivery holds the watermark, or the lane's cursor
  } else {
    // A batch stays as it is over a restart.
    Unpark(lane, attempt->parcel);
    Park(lane, attempt->parcel, retry_clock_.Now(), attempt->parcel.attempts + 1);
    Finish(*attempt, Ending::kParked);
  }
  Turn();
}

void DispatcherImpl::RecordSpan(const Attempt& attempt, model::Outcome outcome,
                                const http::Response& response) {
  const model::TraceContext trace = *attempt.parcel.Traced()->trace();
  if (!trace.sampled()) return;
  const base::WallTime start = clock_.Wall() - (clock_.Mono() - response.started);
  options_.tracer->Record(
      AttemptSpan(attempt.lane->destination(), attempt, trace, outcome, response, start));
}

// Nothing was tried, so nothing is told of it but that it waits, with as many attempts as before.
void DispatcherImpl::Postpone(Attempt& attempt, const http::Response& response) {
  Lane& lane = *attempt.lane;
  const Parcel& parcel = attempt.parcel;
  lane.metrics().CountAttempt(model::Outcome::kLocalShortage);
  metrics_.ObserveAttempt(model::Outcome::kLocalShortage, response.ended - response.started);
  if (lane.closing()) {
    return Conclude(attempt, {.outcome = model::Outcome::kCancelled, .failures = parcel.attempts});
  }
  const bool retry = parcel.parked && parcel.attempts > 0;
  const milliseconds wait = lane.pace().OnShortage(retry, clock_.Mono(), random_);
  Unpark(lane, parcel);
  Park(lane, parcel, retry_clock_.Now() + wait, parcel.attempts);
  Finish(attempt, Ending::kParked);
}

void DispatcherImpl::AddAttemptRows(const Attempt& attempt, model::Outcome outcome,
                                    const http::Response& response, bool abandoned) {
  const Lane& lane = *attempt.lane;
  const Parcel& parcel = attempt.parcel;
  const auto took = response.ended - response.started;
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  const bool closed = lane.closing() && outcome != model::Outcome::kSuccess;
  journal::AttemptRow row{
      .position = 0,
      .lane = lane.id(),
      .number = parcel.attempts + 1,
      .outcome = outcome,
      .http_status = response.status,
      .started = clock_.Wall() - (clock_.Mono() - response.started),
      .duration_us = static_cast<uint32_t>(std::clamp<int64_t>(micros, 0, UINT32_MAX))};
  parcel.ForEach([&](const Delivery& delivery) {
    row.position = delivery.event->position();
    // The parked rows of a lane that is being closed stay, and become dead with the lane.
    const bool stays = closed && (parcel.parked || delivery.held);
    row.settles = !stays && (!abandoned || (!parcel.parked && parcel.size() > 1));
    news_.Add(row);
  });
}

void DispatcherImpl::Conclude(Attempt& attempt, const policy::Failure& result) {
  Lane& lane = *attempt.lane;
  const Parcel& parcel = attempt.parcel;
  const bool success = result.outcome == model::Outcome::kSuccess;
  if (success || !lane.closing()) Unpark(lane, parcel);
  Ending ending = Ending::kSettled;
  bool retries_ended = false;
  if (success) {
    const auto since = clock_.Wall() - parcel.first.event->accepted_at();
    metrics_.ObserveDelivered(std::max(since, std::chrono::nanoseconds(0)));
    lane.metrics().delivered.fetch_add(parcel.size(), std::memory_order_relaxed);
  } else {
    ending = Fail(lane, parcel, result);
    retries_ended = ending != Ending::kParked;
  }
  lane.SetFailing(!success);
  if (!lane.closing()) JudgeHealth(lane, result, retries_ended);
  Finish(attempt, ending);
}

void DispatcherImpl::Finish(Attempt& attempt, Ending ending) {
  Lane& lane = *attempt.lane;
  lane.Finished(attempt, ending);
  attempts_.Finish(attempt);
  if (lane.Gone()) {
    LaneGone(lane);
    return;
  }
  scheduler_.Touched(lane);
}

Ending DispatcherImpl::Fail(Lane& lane, const Parcel& parcel, const policy::Failure& failure) {
  if (lane.closing()) {
    parcel.ForEach([&](const Delivery& delivery) {
      if (parcel.parked || delivery.held) return;
      AddDead(lane, *delivery.event, failure.failures, model::Outcome::kCancelled);
    });
    return Ending::kSettled;
  }
  const policy::Sequel sequel =
      policy::AfterFailure(lane.destination().retry, failure, clock_.Wall(), random_);
  if (sequel.retry_after_ignored) metrics_.CountRetryAfterIgnored();
  if (sequel.pause) lane.pace().Pause(clock_.Mono() + *sequel.pause);
  if (!sequel.delay || TooLate(lane, *parcel.first.event, *sequel.delay)) {
    return Bury(lane, parcel, failure.failures, failure.outcome);
  }
  Park(lane, parcel, retry_clock_.Now() + *sequel.delay, failure.failures);
  return Ending::kParked;
}

// By the wall clock as it stands, as the event's acceptance was: a clock set back since makes a
// delivery live longer, never shorter.
bool DispatcherImpl::TooLate(const Lane& lane, const model::Event& event, milliseconds wait) const {
  return policy::TooOld(lane.destination().retry, clock_.Wall() - event.accepted_at() + wait);
}

void DispatcherImpl::Park(Lane& lane, const Parcel& parcel, base::WallTime due, uint32_t attempts) {
  journal::Parked row{.lane = lane.id(),
                      .due = due,
                      .position = parcel.position(),
                      .attempts = attempts,
                      .group = parcel.first.group,
                      .rest = {},
                      .bytes = parcel.first.event->record().size()};
  for (const Delivery& delivery : parcel.rest) {
    row.rest.push_back({delivery.event->position(), delivery.group});
    row.bytes += delivery.event->record().size();
  }
  lane.retries().CountParked(parcel.size());
  if (!row.rest.empty() && !codec::IsBatchFormat(lane.destination().format)) {
    ParkApart(lane, row);
  } else {
    news_.Add(std::move(row));
  }
}

void DispatcherImpl::ParkApart(Lane& lane, const journal::Parked& batch) {
  std::vector<journal::GroupId> seen;
  const auto park = [&](const journal::BatchMember& member) {
    journal::Parked row{.lane = lane.id(),
                        .due = batch.due,
                        .position = member.position,
                        .attempts = batch.attempts,
                        .group = member.group,
                        .rest = {},
                        .bytes = batch.bytes / (1 + batch.rest.size())};
    if (std::find(seen.begin(), seen.end(), member.group) != seen.end()) {
      row.due = journal::HeldDue(member.group);
      lane.groups().HoldAgain(member.group, member.position);
    } else if (member.group != 0) {
      seen.push_back(member.group);
    }
    news_.Add(std::move(row));
  };
  park({batch.position, batch.group});
  for (const journal::BatchMember& member : batch.rest) park(member);
}

void DispatcherImpl::Unpark(Lane& lane, const Parcel& parcel) {
  if (parcel.parked) {
    news_.Add(journal::ParkedKey{lane.id(), parcel.due, parcel.position()});
    lane.retries().CountUnparked(parcel.size());
    return;
  }
  parcel.ForEach([&](const Delivery& delivery) {
    if (!delivery.held) return;
    news_.Add(journal::ParkedKey{lane.id(), delivery.RowDue(), delivery.event->position()});
    lane.retries().CountUnparked(1);
  });
}

void DispatcherImpl::GiveUp(Lane& lane, Parcel parcel) {
  scheduler_.Charge(lane, 0);
  Unpark(lane, parcel);
  const Ending ending = Bury(lane, parcel, parcel.attempts, model::Outcome::kCancelled);
  lane.Dropped(parcel, ending);
}

Ending DispatcherImpl::Bury(Lane& lane, const Parcel& parcel, uint32_t attempts,
                            model::Outcome outcome) {
  std::map<journal::GroupId, uint64_t> marks;  // the last position of each group
  parcel.ForEach([&](const Delivery& delivery) {
    AddDead(lane, *delivery.event, attempts, outcome);
    if (delivery.group != 0) marks[delivery.group] = delivery.event->position();
  });
  const bool hold = lane.destination().order.after_dead == model::AfterDead::kHold &&
                    lane.mode() == Lane::Mode::kRun;
  if (!hold || marks.empty()) return Ending::kSettled;
  for (const auto& [group, position] : marks) {
    news_.Add(journal::Parked{.lane = lane.id(),
                              .due = journal::HeldDue(0),
                              .position = position,
                              .attempts = lane.destination().generation,
                              .group = group});
  }
  return Ending::kStuck;
}

// Whatever dies passes here: it is written, counted and told.
void DispatcherImpl::NoteDead(Lane& lane, const Observer::GivenUp& delivery) {
  news_.Add(journal::Dead{lane.id(), delivery.position, delivery.attempts, delivery.outcome,
                          clock_.Wall()});
  lane.metrics().dead.fetch_add(1, std::memory_order_relaxed);
  observer_.OnGivenUp(lane.destination(), delivery);
  if (!lane.closing()) return;
  ++removals_.at(lane.id()).counts.unsent;
  metrics_.CountGivenUp(metrics::GivenUp::kRemoved, 1);
}

void DispatcherImpl::AddDead(Lane& lane, const model::Event& event, uint32_t attempts,
                             model::Outcome outcome) {
  NoteDead(lane, {.position = event.position(),
                  .event_id = event.id(),
                  .event = &event,
                  .attempts = attempts,
                  .outcome = outcome});
  // Of an operational event it would be one more; who took the destination out knows.
  if (lane.closing() || model::IsOperational(event.type())) return;
  if (!IsWanted(lane, model::kDeliveryDead)) return;
  news_.Add(DeliveryDead(lane.destination(), event, attempts, outcome, clock_.Wall(), random_));
}

}  // namespace carillon::delivery
