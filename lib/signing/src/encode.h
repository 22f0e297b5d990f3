#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace carillon::signing {

/// Longest digest or signature: SHA-512 and ed25519.
inline constexpr size_t kMaxEncodedBytes = 64;

/// Append at most kMaxEncodedBytes in standard base64 with padding, or in lower-case hex.
void AppendBase64(std::span<const uint8_t> bytes, std::string& out);
void AppendHex(std::span<const uint8_t> bytes, std::string& out);

}  // namespace carillon::signing
