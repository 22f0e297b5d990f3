#pragma once

#include <array>
#include <string_view>

namespace carillon::model {

/// Types of the events that Carillon publishes itself, in the tenant of the destination they speak
/// of. Nobody else may publish them; anybody may subscribe to them.
inline constexpr std::string_view kDestinationDisabled = "destination.disabled";
inline constexpr std::string_view kDestinationRecovered = "destination.recovered";
inline constexpr std::string_view kDeliveryDead = "delivery.dead";
inline constexpr std::array kOperationalTypes = {kDestinationDisabled, kDestinationRecovered,
                                                 kDeliveryDead};

inline constexpr bool IsOperational(std::string_view type) {
  for (const std::string_view known : kOperationalTypes) {
    if (type == known) return true;
  }
  return false;
}

}  // namespace carillon::model
