#pragma once

#include <cstdint>
#include <optional>

#include "carillon/base/clock.h"
#include "carillon/model/destination.h"
#include "carillon/model/health.h"
#include "carillon/model/outcome.h"

namespace carillon::policy {

/// An attempt that ended.
struct Ended {
  model::Outcome outcome = model::Outcome::kSuccess;
  uint16_t status = 0;         ///< 0: there was no whole response
  bool retries_ended = false;  ///< it failed, and a delivery of it is not tried again
};

/// Since when every attempt failed, after one that ended at `now`; `since`: before it. Any outcome
/// but success is a failure (a 4xx too); kCancelled and kLocalShortage change nothing. Never in the
/// future, though the time of day may jump.
std::optional<base::WallTime> FailingSince(std::optional<base::WallTime> since,
                                           model::Outcome outcome, base::WallTime now);

/// Why the destination is to be disabled after that attempt; nothing: it is not. `failing_since`:
/// as `FailingSince` says after the attempt. An answer that counts as success never disables, nor
/// does an attempt that was cancelled or could not be made.
std::optional<model::DisabledReason> WhyDisable(const model::Disabling& policy, const Ended& ended,
                                                std::optional<base::WallTime> failing_since,
                                                base::WallTime now);

}  // namespace carillon::policy
