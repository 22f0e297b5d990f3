#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace carillon::resource {

/// `500ms`, `1.5s`, `1h30m` (units ms, s, m, h, d, each once, the greatest first) or `0`. The
/// error's message says what is wrong; whole milliseconds, at most a hundred years.
absl::StatusOr<std::chrono::milliseconds> ParseDuration(std::string_view text);

/// A whole number of bytes, or with `B`, `KiB`, `MiB`, `GiB`, `TiB`.
absl::StatusOr<uint64_t> ParseSize(std::string_view text);

/// `1h30m`; `0s`. What `ParseDuration` reads.
std::string FormatMillis(std::chrono::milliseconds d);

/// `64 MiB`; the plain number where no unit divides it.
std::string FormatSize(uint64_t bytes);

}  // namespace carillon::resource
