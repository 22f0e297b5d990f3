#pragma once

#include <string>
#include <string_view>

namespace carillon::config {

/// The YAML `text` with each pair of surrogate escapes that stands in double quotes, as JSON writes
/// what lies above U+FFFF (`"\uD83D\uDE00"`), written as YAML has it (`"\U0001F600"`); the YAML
/// parser takes no surrogates. What stands in single quotes, in plain or in block scalars is text
/// and stays. A text that is not YAML may be changed in any way that leaves it so.
std::string JoinSurrogates(std::string_view text);

/// The YAML `text` with each such pair overwritten, in as many bytes: for who parses it to see
/// where things stand.
std::string HideSurrogates(std::string_view text);

}  // namespace carillon::config
