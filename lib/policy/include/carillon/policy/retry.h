#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/model/destination.h"
#include "carillon/model/outcome.h"

namespace carillon::policy {

/// How a whole response is judged by a destination's rule. 3xx is a failure under k2xx (redirects
/// are never followed) and a success under the wider rules. kBelow400 fails 400 to 599 alone: what
/// is beyond is no failure that HTTP knows.
model::Outcome Judge(model::SuccessRule rule, int status);

/// How an attempt is judged that ended so on the wire: by the status of its response's head,
/// whatever became of the rest. When `status` is 0, none came whole, and `wire` says why.
model::Outcome JudgeAttempt(model::SuccessRule rule, model::Outcome wire, int status);

/// The delays of an exponential schedule: `attempts` - 1 of them, each `factor` (at least 1) times
/// the one before, none over `cap`.
std::vector<std::chrono::milliseconds> ExponentialDelays(std::chrono::milliseconds first,
                                                         double factor,
                                                         std::chrono::milliseconds cap,
                                                         uint32_t attempts);

/// Whether a retry at this age of the event comes too late.
inline bool TooOld(const model::RetryPolicy& policy, std::chrono::nanoseconds age) {
  return policy.max_age && age > *policy.max_age;
}

/// Returns the wait after failure number `failures` (from 1), jitter applied; nullopt to give up.
std::optional<std::chrono::milliseconds> NextDelay(const model::RetryPolicy& policy,
                                                   uint32_t failures, base::Random& random);

/// An attempt that failed.
struct Failure {
  model::Outcome outcome = model::Outcome::kReset;
  uint16_t status = 0;           ///< 0 when there was no whole response
  std::string_view retry_after;  ///< the header's value; empty when there was none
  uint32_t failures = 1;         ///< of the delivery, this one included
  bool breaker = false;          ///< one finds out when the receiver is back
};

/// What follows from it.
struct RetryDecision {
  std::optional<std::chrono::milliseconds> delay;  ///< until the next attempt; not set when dead
  /// How long the whole destination is left alone. If not set, not at all.
  std::optional<std::chrono::milliseconds> pause;
  bool retry_after_ignored = false;  ///< there was one, but it made no sense
};

/// The longest pause that `AfterFailure` asks for.
std::chrono::milliseconds LongestPause(const model::RetryPolicy& policy);

/// A Retry-After that makes sense lengthens the delay, up to the policy's cap. Where the answer
/// speaks for the whole destination and not for one delivery (429, 502, 504, and 503 with such a
/// Retry-After), it pauses: as long as it asks, up to the policy's cap; or, where the planned delay
/// is longer, for that, up to 1 min; at least 1 s. The planned delay has no say after a 502 or 504
/// where there is a breaker: that is an outage, and the breaker must find its end early.
RetryDecision AfterFailure(const model::RetryPolicy& policy, const Failure& failure,
                           base::WallTime now, base::Random& random);

}  // namespace carillon::policy
