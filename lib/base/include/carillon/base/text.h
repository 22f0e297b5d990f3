#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"
#include "carillon/base/clock.h"

namespace carillon::base {

/// Debian's absl::string_view is a class of its own; these cross over.
inline absl::string_view ToAbsl(std::string_view s) { return {s.data(), s.size()}; }
inline std::string_view ToStd(absl::string_view s) { return {s.data(), s.size()}; }

/// Offset of the first byte that breaks UTF-8 (RFC 3629: no overlong forms, no surrogates), or
/// nothing when `s` is valid.
std::optional<size_t> FindInvalidUtf8(std::string_view s);

/// `2024-05-01T12:00:00Z`, with 3, 6 or 9 fractional digits only where they are not zero (as
/// protobuf's JSON mapping writes it).
std::string FormatRfc3339(WallTime t);

/// The same for times that a WallTime cannot hold: the years 1 to 9999, `nanos` 0 to 999999999.
std::string FormatRfc3339(int64_t unix_seconds, int32_t nanos);

/// `s` made fit for one line of a message: control characters and bytes that are not UTF-8 are
/// escaped, and what is longer than `max_bytes` is cut and ends in `...`.
std::string Printable(std::string_view s, size_t max_bytes = 128);

/// `1500ms` -> `1.5s`: for messages.
std::string FormatDuration(std::chrono::nanoseconds d);

}  // namespace carillon::base
