#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "carillon/base/secret.h"

namespace carillon::access {

/// What is stored of a token: its SHA-256. Enough for 256 random bits.
using TokenHash = std::array<uint8_t, 32>;

/// Makes a token: `car_` and 43 characters of base64url, 256 random bits. Thread-safe.
base::Secret NewToken();

/// Whether it has the form of one.
bool LooksLikeToken(std::string_view text);
/// The hash of a token; nullopt when it has not the form of one.
std::optional<TokenHash> HashToken(std::string_view token);
/// That of any text.
TokenHash HashText(std::string_view text);
/// In a time that does not depend on what they are.
bool SameHash(const TokenHash& a, const TokenHash& b);

/// The credential of an `authorization` header or metadata, `Bearer` in any case; nullopt: another
/// scheme, or nothing behind it.
std::optional<std::string_view> BearerOf(std::string_view header);

}  // namespace carillon::access
