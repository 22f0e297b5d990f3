#pragma once

#include <cstdint>

namespace carillon::model {

/// Why nothing is sent to a destination. The numbers are stored; never renumber.
enum class DisabledReason : uint8_t {
  kOperator = 1,     ///< the configuration says so
  kGone = 2,         ///< it answered 410
  kFailing = 3,      ///< every attempt failed for too long
  kRetriesEnded = 4  ///< a delivery used up its retries
};

}  // namespace carillon::model
