#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "carillon/base/secret.h"

// AES-256-GCM. All functions are thread-safe and end the process only when OpenSSL cannot encrypt
// at all.
namespace carillon::sealing {

inline constexpr size_t kKeyBytes = 32;
inline constexpr size_t kNonceBytes = 12;
inline constexpr size_t kTagBytes = 16;
/// By how much what is sealed is longer.
inline constexpr size_t kOverhead = kNonceBytes + kTagBytes;

/// A new key, from the system's random source.
base::Secret MakeKey();

/// `nonce | ciphertext | tag`. `key` has kKeyBytes. `context` is what it belongs to: it is not in
/// the result, and opening needs the same.
std::string Seal(const base::Secret& key, std::string_view plain, std::string_view context);

/// DATA_LOSS: this was not sealed with that key and context, or it was changed.
absl::StatusOr<base::Secret> Open(const base::Secret& key, std::string_view sealed,
                                  std::string_view context);

/// HMAC-SHA-256: 32 bytes that only who has the key can make of `text`.
std::string Mac(const base::Secret& key, std::string_view text);

}  // namespace carillon::sealing
