#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace carillon::model {

/// Why nothing is sent to a destination. The numbers are stored; never renumber.
enum class DisabledReason : uint8_t {
  kOperator = 1,      ///< the configuration says so
  kGone = 2,          ///< it answered 410
  kFailing = 3,       ///< every attempt failed for too long
  kRetriesEnded = 4,  ///< a delivery used up its retries
  kPrincipal = 5      ///< somebody called DisableDestination
};

/// The name that events, logs and docs use.
inline constexpr std::string_view DisabledReasonName(DisabledReason reason) {
  constexpr std::array<std::string_view, 6> kNames = {"",        "operator",      "gone",
                                                      "failing", "retries_ended", "principal"};
  return kNames[static_cast<size_t>(reason)];
}

}  // namespace carillon::model
