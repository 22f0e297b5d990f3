#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "carillon/base/clock.h"
#include "carillon/base/secret.h"

namespace carillon::model {

/// The schemes of Standard Webhooks.
enum class KeyScheme : uint8_t {
  kV1,   ///< HMAC-SHA256; the secret is 24-64 bytes
  kV1a,  ///< ed25519; the secret is the 32 bytes of the seed, then those of the public key
};

struct SigningKey {
  std::string name;
  base::Secret secret;  ///< the raw key bytes (decoded)
  KeyScheme scheme = KeyScheme::kV1;
  std::optional<base::WallTime> expires_at;  ///< in whole seconds; from then on it does not sign
  friend bool operator==(const SigningKey&, const SigningKey&) = default;
};

enum class HashAlgorithm : uint8_t { kSha256, kSha512 };
enum class DigestEncoding : uint8_t { kHex, kBase64 };

/// An HMAC in a header of the destination's choice.
struct HmacSignature {
  std::string header;
  HashAlgorithm algorithm = HashAlgorithm::kSha256;
  DigestEncoding encoding = DigestEncoding::kHex;
  std::string prefix;                               ///< stands before each digest
  std::string content = "{id}.{timestamp}.{body}";  ///< what is signed
  bool webhook_signature = true;                    ///< that of Standard Webhooks goes too
  friend bool operator==(const HmacSignature&, const HmacSignature&) = default;
};

}  // namespace carillon::model
