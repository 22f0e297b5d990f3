#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::ingest {

inline constexpr size_t kMaxJsonDepth = 64;

struct JsonError {
  size_t byte;  ///< offset of the first byte that is wrong
  const char* what;
};

/// Checks that `json` is one JSON value (RFC 8259, UTF-8, surrogate escapes paired, arrays and
/// objects nested at most kMaxJsonDepth deep) and appends it to `out` without insignificant white
/// space; all other bytes stay as they are, duplicate members too. After an error, what was
/// appended means nothing.
std::optional<JsonError> MinifyJson(std::string_view json, std::string& out);

}  // namespace carillon::ingest
