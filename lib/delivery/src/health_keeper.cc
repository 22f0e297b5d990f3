#include "health_keeper.h"

#include <utility>

#include "carillon/policy/disabling.h"

namespace carillon::delivery {

void HealthKeeper::OnEnd(Lane& lane, model::Outcome outcome, const http::Response& response) {
  if (outcome != model::Outcome::kCancelled) {
    lane.results.last = response.ended;
    if (outcome == model::Outcome::kSuccess) lane.results.last_success = response.ended;
    lane.results.outcome = outcome;
    lane.results.http_status = response.status;
  }
  const bool was_closed = lane.pace().closed();
  const policy::Breaker::Change change =
      lane.pace().OnEnd(outcome, response, lane.in_flight(), random_);
  if (change == policy::Breaker::Change::kNone) return;
  lane.NoteBreaker();
  if (change == policy::Breaker::Change::kRecovered) {
    notifier_.OnBreakerClosed(lane);
  } else if (const auto until = lane.pace().OpenUntil()) {
    notifier_.OnBreakerOpened(lane, *until - clock_.Mono(), !was_closed);
  }
}

void HealthKeeper::OnResult(Lane& lane, const policy::Failure& result, bool retries_ended) {
  if (result.outcome == model::Outcome::kSuccess && lane.failing.failures() == 0) return;
  lane.failing.OnResult(result.outcome, policy::LongestGap(lane.destination()), clock_.Mono(),
                        clock_.Wall());
  if (lane.mode() != Lane::Mode::kRun) return;
  const policy::Ended ended{
      .outcome = result.outcome, .status = result.status, .retries_ended = retries_ended};
  const auto why = policy::WhyDisable(lane.destination().disabling, ended, lane.failing);
  if (why) Disable(lane, *why);
}

void HealthKeeper::Disable(Lane& lane, model::DisabledReason why, CallPtr call) {
  lane.SetHealth({.failing_since = lane.failing.since(),
                  .disabled = why,
                  .disabled_at = clock_.Wall(),
                  .call = std::move(call)});
  lane.pace().ResumeByOwner();
  notifier_.OnDisabled(lane, why);
  SetMode(lane);
}

void HealthKeeper::Enable(Lane& lane, CallPtr call) {
  lane.SetHealth({.call = std::move(call)});
  lane.failing.Reset();
  lane.pace().Reset(clock_.Mono());
  lane.NoteBreaker();
  notifier_.OnEnabled(lane);
  SetMode(lane);
}

void HealthKeeper::FollowSwitch(Lane& lane) {
  const auto& disabled = lane.health().disabled;
  if (!lane.destination().enabled) {
    if (!disabled) Disable(lane, model::DisabledReason::kOperator);
  } else if (disabled == model::DisabledReason::kOperator) {
    Enable(lane);
  }
  SetMode(lane);
}

void HealthKeeper::EnableByCall(Lane& lane, CallPtr call) {
  if (lane.health().disabled) return Enable(lane, std::move(call));
  const base::MonoTime now = clock_.Mono();
  if (!lane.pace().closed()) {
    lane.pace().Reset(now);
    lane.NoteBreaker();
    lane.FreedAt(now);
  }
  if (lane.pace().PausedByOwner()) Resume(lane, std::move(call));
}

void HealthKeeper::DisableByCall(Lane& lane, CallPtr call) {
  if (!lane.health().disabled) {
    return Disable(lane, model::DisabledReason::kPrincipal, std::move(call));
  }
  // It is disabled as it was told, but no configuration enables it by itself any more.
  store::Health health = lane.health();
  health.disabled = model::DisabledReason::kPrincipal;
  health.call = std::move(call);
  lane.SetHealth(health);
}

void HealthKeeper::Restore(Lane& lane) {
  const store::Health& health = lane.health();
  if (!health.paused || health.disabled) return;
  const base::WallTime wall = clock_.Wall();
  if (!health.paused_until) {
    lane.pace().PauseByOwner(base::MonoTime::max());
  } else if (*health.paused_until > wall) {
    lane.pace().PauseByOwner(clock_.Mono() + (*health.paused_until - wall));
  }
}

void HealthKeeper::PauseByCall(Lane& lane, CallPtr call,
                               std::optional<std::chrono::nanoseconds> pause) {
  store::Health health{.call = std::move(call), .paused = true};
  if (pause) health.paused_until = health.call->at + *pause;
  lane.SetHealth(health);
  lane.pace().PauseByOwner(pause ? clock_.Mono() + *pause : base::MonoTime::max());
  notifier_.OnPaused(lane);
}

void HealthKeeper::ResumeByCall(Lane& lane, CallPtr call) {
  const bool asked = lane.pace().AskedPauseUntil().has_value();
  lane.pace().EndAskedPause();
  if (asked || lane.pace().PausedByOwner()) Resume(lane, std::move(call));
}

void HealthKeeper::Resume(Lane& lane, CallPtr call) {
  lane.pace().ResumeByOwner();
  lane.FreedAt(clock_.Mono());
  lane.SetHealth({.call = std::move(call)});
  notifier_.OnResumed(lane);
}

void HealthKeeper::SetMode(Lane& lane) {
  const Lane::Mode mode = !lane.health().disabled                        ? Lane::Mode::kRun
                          : lane.destination().disabling.drop_deliveries ? Lane::Mode::kDrop
                                                                         : Lane::Mode::kRest;
  if (mode == lane.mode()) return;
  lane.SetMode(mode, router_.next());
  lane.FreedAt(clock_.Mono());
  lane.groups().WantMarks();
}

}  // namespace carillon::delivery
