#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "carillon/model/signing.h"

namespace carillon::signing {

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestPtr = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

DigestPtr NewDigest();

/// Ends the process unless OpenSSL said it did what it was asked. It fails only when it is out of
/// memory or lacks the algorithm, and an unsigned or wrongly signed request must not leave.
void Require(int ok);

/// HMAC with one key, whose two padded blocks are hashed once: faster than re-initialising an
/// EVP_MAC (0.50 against 0.64 us for 190 bytes and SHA-256). Used on one thread.
class Hmac {
 public:
  struct Digest {
    std::array<uint8_t, EVP_MAX_MD_SIZE> bytes;
    unsigned size = 0;
    std::span<const uint8_t> span() const { return {bytes.data(), size}; }
  };

  Hmac(model::HashAlgorithm algorithm, std::string_view key);

  /// The code of `head`, `body` and `tail`, one behind the other.
  Digest Compute(std::string_view head, std::string_view body, std::string_view tail = {});

 private:
  DigestPtr inner_, outer_, work_;
};

}  // namespace carillon::signing
