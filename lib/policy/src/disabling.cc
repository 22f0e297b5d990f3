#include "carillon/policy/disabling.h"

#include <algorithm>

namespace carillon::policy {
namespace {

constexpr int kGoneStatus = 410;

}  // namespace

std::optional<base::WallTime> FailingSince(std::optional<base::WallTime> since,
                                           model::Outcome outcome, base::WallTime now) {
  if (!model::SpeaksOfReceiver(outcome)) return since;
  if (outcome == model::Outcome::kSuccess) return std::nullopt;
  return std::min(since.value_or(now), now);
}

std::optional<model::DisabledReason> WhyDisable(const model::Disabling& policy, const Ended& ended,
                                                std::optional<base::WallTime> failing_since,
                                                base::WallTime now) {
  if (ended.outcome == model::Outcome::kSuccess || !model::SpeaksOfReceiver(ended.outcome)) {
    return std::nullopt;
  }
  if (policy.on_gone && ended.status == kGoneStatus) return model::DisabledReason::kGone;
  if (policy.when_retries_end && ended.retries_ended) return model::DisabledReason::kRetriesEnded;
  if (policy.failing_for && failing_since && now - *failing_since >= *policy.failing_for) {
    return model::DisabledReason::kFailing;
  }
  return std::nullopt;
}

}  // namespace carillon::policy
