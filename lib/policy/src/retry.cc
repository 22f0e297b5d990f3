#include "carillon/policy/retry.h"

#include <algorithm>
#include <cmath>

#include "carillon/policy/retry_after.h"

namespace carillon::policy {
namespace {

using model::Outcome;
using model::SuccessRule;
using std::chrono::milliseconds;

constexpr int kTooManyRequests = 429;

model::Outcome FailureClass(int status) {
  if (status == kTooManyRequests) return Outcome::kHttp429;
  switch (status / 100) {
    case 3:
      return Outcome::kHttp3xx;
    case 4:
      return Outcome::kHttp4xx;
    case 5:
      return Outcome::kHttp5xx;
    default:
      return Outcome::kProtocol;  // 1xx is never a whole response, and above 599 is no HTTP
  }
}

constexpr milliseconds kShortestPause{1000};
/// Of one that the receiver did not ask for: a late retry's long delay is that delivery's alone.
constexpr milliseconds kLongestOwnPause{60'000};

/// Whether the answer is about the receiver rather than about this delivery.
bool SpeaksForAll(int status, bool asks_to_wait) {
  return status == kTooManyRequests || status == 502 || status == 504 ||
         (status == 503 && asks_to_wait);
}

}  // namespace

model::Outcome Judge(model::SuccessRule rule, int status) {
  if (rule == SuccessRule::kAnyResponse) return Outcome::kSuccess;
  const int end = rule == SuccessRule::kBelow400 ? 400 : 300;
  const bool above = rule == SuccessRule::kBelow400 && status > 599;
  return (status >= 200 && status < end) || above ? Outcome::kSuccess : FailureClass(status);
}

model::Outcome JudgeAttempt(model::SuccessRule rule, model::Outcome wire, int status) {
  return status == 0 ? wire : Judge(rule, status);
}

std::vector<milliseconds> ExponentialDelays(milliseconds first, double factor, milliseconds cap,
                                            uint32_t attempts) {
  std::vector<milliseconds> delays;
  const auto most = static_cast<double>(cap.count());
  double delay = std::min(static_cast<double>(first.count()), most);
  for (uint32_t n = 1; n < attempts; ++n) {
    delays.emplace_back(std::llround(delay));
    delay = std::min(delay * factor, most);
  }
  return delays;
}

std::optional<std::chrono::milliseconds> NextDelay(const model::RetryPolicy& policy,
                                                   uint32_t failures, base::Random& random) {
  if (failures == 0 || failures > policy.delays.size()) return std::nullopt;
  const std::chrono::milliseconds delay = policy.delays[failures - 1];
  if (policy.jitter <= 0) return delay;
  const double factor = 1 + policy.jitter * (2 * random.Unit() - 1);
  return std::chrono::milliseconds(
      static_cast<int64_t>(static_cast<double>(delay.count()) * factor + 0.5));
}

milliseconds LongestPause(const model::RetryPolicy& policy) {
  return std::max(kLongestOwnPause, policy.retry_after_cap);
}

RetryDecision AfterFailure(const model::RetryPolicy& policy, const Failure& failure,
                           base::WallTime now, base::Random& random) {
  RetryDecision decision{.delay = NextDelay(policy, failure.failures, random)};
  std::optional<milliseconds> asked;
  if (!failure.retry_after.empty()) {
    asked = ParseRetryAfter(failure.retry_after, now);
    decision.retry_after_ignored = !asked;
  }
  const milliseconds floor = std::min(asked.value_or(milliseconds(0)), policy.retry_after_cap);
  if (SpeaksForAll(failure.status, asked.has_value())) {
    const bool plan = failure.status == kTooManyRequests || !failure.breaker;
    const milliseconds planned = plan ? decision.delay.value_or(milliseconds(0)) : milliseconds(0);
    decision.pause = std::max({kShortestPause, std::min(planned, kLongestOwnPause), floor});
  }
  if (decision.delay) decision.delay = std::max(*decision.delay, floor);
  return decision;
}

}  // namespace carillon::policy
