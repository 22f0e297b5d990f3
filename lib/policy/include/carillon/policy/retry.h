#pragma once

#include <chrono>
#include <optional>

#include "carillon/base/random.h"
#include "carillon/model/destination.h"
#include "carillon/model/outcome.h"

namespace carillon::policy {

/// How a whole response is judged by a destination's rule. 3xx is a failure under k2xx (redirects
/// are never followed) and a success under the wider rules.
model::Outcome Judge(model::SuccessRule rule, int status);

/// The wait after failure number `failures` (from 1), jitter applied; nothing: give up.
std::optional<std::chrono::milliseconds> NextDelay(const model::RetryPolicy& policy,
                                                   uint32_t failures, base::Random& random);

}  // namespace carillon::policy
