#include "health_keeper.h"

#include "carillon/policy/disabling.h"

namespace carillon::delivery {

void HealthKeeper::OnEnd(Lane& lane, model::Outcome outcome, const http::Response& response) {
  const policy::Breaker::Change change =
      lane.pace().OnEnd(outcome, response, lane.in_flight(), random_);
  if (change == policy::Breaker::Change::kNone) return;
  lane.NoteBreaker();
  if (change == policy::Breaker::Change::kRecovered) {
    notifier_.OnBreakerClosed(lane);
  } else if (const auto until = lane.pace().OpenUntil()) {
    notifier_.OnBreakerOpened(lane, *until - clock_.Mono());
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

void HealthKeeper::Disable(Lane& lane, model::DisabledReason why) {
  lane.SetHealth({.failing_since = lane.failing.since(),
                  .disabled = why,
                  .disabled_at = clock_.Wall(),
                  .generation = lane.destination().generation});
  notifier_.OnDisabled(lane, why);
  SetMode(lane);
}

void HealthKeeper::Enable(Lane& lane) {
  lane.SetHealth({});
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
  } else if (disabled && (*disabled == model::DisabledReason::kOperator ||
                          lane.health().generation != lane.destination().generation)) {
    Enable(lane);
  }
  SetMode(lane);
}

bool HealthKeeper::EnableByCall(Lane& lane) {
  if (!lane.destination().enabled) return false;
  if (lane.health().disabled) {
    Enable(lane);
  } else if (!lane.pace().closed()) {
    lane.pace().Reset(clock_.Mono());
    lane.NoteBreaker();
    lane.FreedAt(clock_.Mono());
  }
  return true;
}

void HealthKeeper::DisableByCall(Lane& lane) {
  const auto& before = lane.health().disabled;
  if (!before) return Disable(lane, model::DisabledReason::kPrincipal);
  if (*before == model::DisabledReason::kPrincipal) return;
  // It is disabled as it was told, but no configuration enables it by itself any more.
  store::Health health = lane.health();
  health.disabled = model::DisabledReason::kPrincipal;
  health.generation = lane.destination().generation;
  lane.SetHealth(health);
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
