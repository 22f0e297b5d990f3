#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "carillon/base/clock.h"

namespace carillon::policy {

/// A longer wait is not believed.
inline constexpr std::chrono::hours kMaxRetryAfter{365 * 24};

/// The value of a Retry-After header (RFC 9110): how long to wait from `now` on, in whole seconds.
/// Seconds, or an HTTP date in any of its three forms, which must not be in the past. Nothing:
/// anything else, or more than `kMaxRetryAfter`.
std::optional<std::chrono::seconds> ParseRetryAfter(std::string_view value, base::WallTime now);

}  // namespace carillon::policy
