#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/secret.h"
#include "carillon/model/signing.h"

namespace carillon::signing {

/// Makes the value of a header that signs the requests of one destination. Each key that is valid
/// at the request's time signs, in the order given: current first. The keys are expanded once.
/// Used on one thread.
class Signer {
 public:
  /// `webhook-signature` of Standard Webhooks 1.0.0 over ID '.' TIMESTAMP '.' BODY: `v1,BASE64`
  /// (HMAC-SHA256) or `v1a,BASE64` (ed25519), separated by spaces.
  static std::unique_ptr<Signer> Create(std::span<const model::SigningKey> keys);

  /// A header of the destination's choice: prefix and digest for each kV1 key, separated by commas.
  /// The template passed `CheckTemplate`.
  static std::unique_ptr<Signer> CreateCustom(const model::HmacSignature& signature,
                                              std::span<const model::SigningKey> keys);

  /// Appends the value to `out`; nothing when no key is valid. `timestamp` in Unix seconds.
  virtual void Sign(std::string_view id, int64_t timestamp, std::string_view body,
                    std::string& out) = 0;

  /// True when there is no key, valid or not.
  virtual bool empty() const = 0;

  virtual ~Signer() = default;
};

/// Decodes `whsec_` + base64 to the 24-64 key bytes. INVALID_ARGUMENT says what is wrong without
/// repeating the secret.
absl::StatusOr<base::Secret> ParseSecret(std::string_view text);

struct SchemeSecret {
  model::KeyScheme scheme;
  base::Secret bytes;
};

/// The same, or `whsk_` + base64 of an ed25519 seed (32 bytes) and the public key that belongs to
/// it (32 bytes).
absl::StatusOr<SchemeSecret> ParseAnySecret(std::string_view text);

/// The text that it reads.
base::Secret FormatSecret(const SchemeSecret& secret);

/// Whether `text` is a template of HmacSignature: at most 256 bytes with {id}, {timestamp} and,
/// exactly once, {body}; no other braces. INVALID_ARGUMENT says what is wrong (`must ...`).
absl::Status CheckTemplate(std::string_view text);

/// Whether `header` (the value of `webhook-signature`) holds a `v1` signature of `key` over the
/// rest. Compares in constant time. For receivers: `carillon-sink` and tests.
bool Verify(const base::Secret& key, std::string_view id, std::string_view timestamp,
            std::string_view body, std::string_view header);

}  // namespace carillon::signing
