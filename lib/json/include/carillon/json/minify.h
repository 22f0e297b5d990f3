#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "carillon/json/scanner.h"

namespace carillon::json {

/// Checks that `json` is one JSON value (RFC 8259, UTF-8, surrogate escapes paired, arrays and
/// objects nested at most kMaxDepth deep) and appends it to `out` without insignificant white
/// space; all other bytes stay as they are, duplicate members too. After an error, what was
/// appended means nothing.
std::optional<Error> MinifyJson(std::string_view json, std::string& out);

}  // namespace carillon::json
