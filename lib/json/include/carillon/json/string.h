#pragma once

#include <string>
#include <string_view>

namespace carillon::json {

/// Appends what a string stands for, given what is between its quotes, which the Scanner took:
/// escapes decoded, surrogate pairs joined, all else as it is.
void AppendDecoded(std::string_view between_quotes, std::string& out);

}  // namespace carillon::json
