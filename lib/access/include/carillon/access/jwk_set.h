#pragma once

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace carillon::access {

/// How JSON Web Tokens may be signed (RFC 7518, RFC 8037): by a key pair. `none` and HMAC, which
/// whoever knows a public key could use, are none of these.
enum class JwsAlgorithm : uint8_t {
  kRs256,  ///< RSA of 2048 to 8192 bits, SHA-256
  kEs256,  ///< ECDSA with P-256, SHA-256
  kEdDsa,  ///< Ed25519
};
/// Nullopt: there is no such one here.
std::optional<JwsAlgorithm> ReadJwsAlgorithm(std::string_view name);

/// The public keys of an issuer, a JSON Web Key Set (RFC 7517). A value; keys are shared.
class JwkSet {
 public:
  static constexpr size_t kMaxBytes = 256 * 1024;
  static constexpr size_t kMaxKeys = 64;

  JwkSet() = default;
  /// Keys of other kinds, or for something else than signatures, are left out, as the RFC says.
  /// INVALID_ARGUMENT: it is none, it has a secret in it, or no key of the above.
  static absl::StatusOr<JwkSet> Parse(std::string_view json);

  /// Whether `signature` is one of `message`, made by the key `kid`. If the token does not say
  /// which key, the set must have only one for the algorithm.
  bool Verify(JwsAlgorithm algorithm, const std::optional<std::string>& kid,
              std::string_view message, std::string_view signature) const;

  /// Whether one of the keys would be looked at for that; false: it is not known here, or the token
  /// does not say which of several.
  bool Knows(JwsAlgorithm algorithm, const std::optional<std::string>& kid) const {
    return Find(algorithm, kid) != nullptr;
  }
  /// Whether all keys of `other` are here, too.
  bool Includes(const JwkSet& other) const;

  size_t size() const { return keys_.size(); }
  /// Whether both were made of the same text.
  friend bool operator==(const JwkSet& a, const JwkSet& b) { return a.text_ == b.text_; }

 private:
  struct Key {
    std::optional<std::string> kid;
    JwsAlgorithm algorithm = JwsAlgorithm::kRs256;
    std::shared_ptr<EVP_PKEY> key;
  };
  const Key* Find(JwsAlgorithm algorithm, const std::optional<std::string>& kid) const;

  std::string text_;
  std::vector<Key> keys_;
};

}  // namespace carillon::access
