#include "carillon/policy/disabling.h"

namespace carillon::policy {
namespace {

constexpr int kGoneStatus = 410;

}  // namespace

std::optional<model::DisabledReason> WhyDisable(const model::Disabling& policy, const Ended& ended,
                                                const FailingStretch& failing) {
  if (ended.outcome == model::Outcome::kSuccess || !model::SpeaksOfReceiver(ended.outcome)) {
    return std::nullopt;
  }
  if (policy.on_gone && ended.status == kGoneStatus) return model::DisabledReason::kGone;
  if (policy.when_retries_end && ended.retries_ended) return model::DisabledReason::kRetriesEnded;
  if (policy.failing_for && failing.failures() >= kLeastFailures &&
      failing.length() >= *policy.failing_for) {
    return model::DisabledReason::kFailing;
  }
  return std::nullopt;
}

}  // namespace carillon::policy
