#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "carillon/resource/config.h"

namespace carillon::resource {

/// A section of the configuration that a reload leaves as it was at the start, and a mark that is
/// the same for the same settings (defaults filled in). Programs of one version agree on it.
struct StartSection {
  std::string_view name;  ///< `server`
  std::string mark;       ///< 16 hexadecimal digits; no secret can be read from it
  friend bool operator==(const StartSection&, const StartSection&) = default;
};

/// All of them, always in the same order.
std::vector<StartSection> StartSections(const Config& config);

/// The names of those in `wanted` that are different in `running`, or not there.
std::vector<std::string_view> RestartNeeded(const std::vector<StartSection>& running,
                                            const std::vector<StartSection>& wanted);

}  // namespace carillon::resource
