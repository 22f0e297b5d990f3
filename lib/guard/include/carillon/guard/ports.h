#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace carillon::guard {

/// The ports `first` to `last`, both included.
struct PortRange {
  uint16_t first = 0;
  uint16_t last = 0;
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

/// `9000` or `9000-9099`; INVALID_ARGUMENT for anything else, port 0 included.
absl::StatusOr<PortRange> ParsePorts(std::string_view text);

}  // namespace carillon::guard
