#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "hmac.h"

namespace carillon::signing {

/// Signs with one ed25519 key. Ends the process when OpenSSL cannot. Used on one thread.
class Ed25519 {
 public:
  static constexpr size_t kSeedBytes = 32;
  static constexpr size_t kPublicBytes = 32;
  static constexpr size_t kSignatureBytes = 64;

  /// `seed`: kSeedBytes.
  explicit Ed25519(std::string_view seed);

  std::array<uint8_t, kPublicBytes> PublicKey() const;
  std::array<uint8_t, kSignatureBytes> Sign(std::string_view message);

 private:
  struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };

  std::unique_ptr<EVP_PKEY, FreeKey> key_;
  DigestPtr work_;
};

}  // namespace carillon::signing
