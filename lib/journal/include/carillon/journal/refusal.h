#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"

namespace carillon::journal {

/// Why the journal took no events.
enum class Refusal : uint8_t {
  kDiskFull,  ///< nothing stored: the disk is full, or has less free than it must
  kWaiting,   ///< nothing stored: too much waits for the disk
  kStopping,  ///< nothing stored
  kFailed,    ///< it cannot write any more; stored or not may not be known
};

/// A status that carries `why`, for `RefusalOf`.
absl::Status Refuse(Refusal why, absl::StatusCode code, const std::string& message);

/// Returns why `Append` refused, or nullopt where the status is none of those.
std::optional<Refusal> RefusalOf(const absl::Status& status);

}  // namespace carillon::journal
