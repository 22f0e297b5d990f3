#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "carillon/base/clock.h"
#include "carillon/log/log.h"

namespace carillon::log {

/// `debug`, `info`, `warn`, `error`.
std::string_view LevelName(Level level);

/// One line as Logger describes it, without its newline and at most kMaxLineBytes - 1 long.
std::string FormatLine(base::WallTime time, Level level, std::string_view message, Fields fields,
                       uint64_t suppressed = 0);

}  // namespace carillon::log
