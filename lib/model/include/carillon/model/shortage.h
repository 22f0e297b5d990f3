#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace carillon::model {

/// What this machine was short of: label `resource` of `carillon_local_shortage_total`.
enum class Resource : uint8_t {
  kDescriptors,  ///< of the process or of the machine
  kPorts,        ///< local ones, towards one address
  kMemory,       ///< the kernel's or the process's
  kLookups,      ///< places for name look-ups
};
inline constexpr int kResourceCount = 4;
inline constexpr std::array<std::string_view, kResourceCount> kResourceNames = {
    "descriptors", "ports", "memory", "lookups"};

/// What was done about it: label `effect`.
enum class ShortageEffect : uint8_t {
  kIdleClosed,  ///< an idle connection gave way to the one that was needed
  kWaited,      ///< an attempt waited for its connection
  kPostponed,   ///< an attempt could not be made, and is made later
};
inline constexpr int kShortageEffectCount = 3;
inline constexpr std::array<std::string_view, kShortageEffectCount> kShortageEffectNames = {
    "idle_closed", "waited", "postponed"};

inline constexpr std::string_view ResourceName(Resource resource) {
  return kResourceNames[static_cast<size_t>(resource)];
}

}  // namespace carillon::model
