#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace carillon::signing {

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestPtr = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

/// HMAC-SHA256 with one key, whose two padded blocks are hashed once: faster than re-initialising
/// an EVP_MAC (0.50 against 0.64 us for 190 bytes). Ends the process when OpenSSL has no SHA-256.
/// Used on one thread.
class HmacSha256 {
 public:
  static constexpr size_t kBytes = 32;
  using Digest = std::array<uint8_t, kBytes>;

  explicit HmacSha256(std::string_view key);

  /// The code of `head` followed by `tail`.
  Digest Compute(std::string_view head, std::string_view tail);

 private:
  DigestPtr inner_, outer_, work_;
};

/// `v1,` and the base64 of a digest.
inline constexpr std::string_view kV1Prefix = "v1,";
inline constexpr size_t kV1Bytes = 3 + 44;

/// `v1,BASE64` of a digest.
std::array<char, kV1Bytes> EncodeV1(const HmacSha256::Digest& digest);

}  // namespace carillon::signing
