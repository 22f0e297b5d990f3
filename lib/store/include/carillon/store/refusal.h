#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"

namespace carillon::store {

/// Why the event log took no events.
enum class Refusal : uint8_t {
  kFull,      ///< nothing stored: there is no room, or less than there must be
  kWaiting,   ///< nothing stored: too much waits to be durable
  kStopping,  ///< nothing stored
  kFailed,    ///< it cannot write any more; stored or not may not be known
};

/// A status that carries `why`, for `RefusalOf`.
absl::Status Refuse(Refusal why, absl::StatusCode code, const std::string& message);

/// Returns why `Append` refused, or nullopt where the status is none of those.
std::optional<Refusal> RefusalOf(const absl::Status& status);

}  // namespace carillon::store
