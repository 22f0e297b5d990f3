#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "carillon/base/secret.h"
#include "carillon/model/destination.h"

namespace carillon::signing {

/// Signs requests for one destination: Standard Webhooks 1.0.0, scheme `v1` (HMAC-SHA256 over
/// ID '.' TIMESTAMP '.' BODY, base64). The keys are expanded once. Used on one thread.
class Signer {
 public:
  /// `keys` in the order in which they sign: current first. No keys: `Sign` returns "".
  static std::unique_ptr<Signer> Create(std::span<const model::SigningKey> keys);

  /// Appends the value of `webhook-signature` to `out`: `v1,BASE64` for each key, separated by
  /// spaces. `timestamp` in Unix seconds.
  virtual void Sign(std::string_view id, int64_t timestamp, std::string_view body,
                    std::string& out) = 0;

  /// True when there is no key.
  virtual bool empty() const = 0;

  virtual ~Signer() = default;
};

/// Decodes `whsec_` + base64 to the 24-64 key bytes. INVALID_ARGUMENT says what is wrong without
/// repeating the secret.
absl::StatusOr<base::Secret> ParseSecret(std::string_view text);

/// Whether `header` (the value of `webhook-signature`) holds a signature of `key` over the rest.
/// Compares in constant time. For receivers: `carillon-sink` and tests.
bool Verify(const base::Secret& key, std::string_view id, std::string_view timestamp,
            std::string_view body, std::string_view header);

}  // namespace carillon::signing
