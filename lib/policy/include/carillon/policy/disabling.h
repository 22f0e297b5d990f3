#pragma once

#include <cstdint>
#include <optional>

#include "carillon/model/destination.h"
#include "carillon/model/disabled_reason.h"
#include "carillon/model/outcome.h"
#include "carillon/policy/failing_stretch.h"

namespace carillon::policy {

/// An attempt that ended.
struct Ended {
  model::Outcome outcome = model::Outcome::kSuccess;
  uint16_t status = 0;         ///< 0 when there was no whole response
  bool retries_ended = false;  ///< it failed, and a delivery of it is not tried again
};

/// A destination is not disabled for failing with fewer failures in a row than these.
inline constexpr uint32_t kLeastFailures = 5;

/// Returns why the destination is to be disabled after that attempt, or nullopt. `failing` is as it
/// is after the attempt; it disables when it is as long as `failing_for` and has `kLeastFailures`.
/// An answer that counts as success never disables, nor does an attempt that was cancelled or
/// could not be made.
std::optional<model::DisabledReason> WhyDisable(const model::Disabling& policy, const Ended& ended,
                                                const FailingStretch& failing);

}  // namespace carillon::policy
