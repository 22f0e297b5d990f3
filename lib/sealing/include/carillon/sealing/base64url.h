#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace carillon::sealing {

/// Base64 with the alphabet for URLs (RFC 4648, 5), without padding.
std::string ToBase64Url(std::string_view bytes);
/// Strict: nullopt for padding, other characters, and bits beyond the last byte that are not 0, so
/// that each value has one text.
std::optional<std::string> FromBase64Url(std::string_view text);

}  // namespace carillon::sealing
