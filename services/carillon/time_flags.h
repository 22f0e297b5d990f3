#pragma once

#include <string>

#include "absl/time/time.h"

namespace carillon::cli {

/// `24h` or `7d` is so long before `now`, as RFC 3339; anything else stays as it is.
std::string TimeText(const std::string& text, absl::Time now);

}  // namespace carillon::cli
