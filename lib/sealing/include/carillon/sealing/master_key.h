#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/base/secret.h"

namespace carillon::sealing {

/// A key under which secrets are stored. A value.
class MasterKey {
 public:
  static constexpr size_t kIdBytes = 8;

  /// From text: 64 hex digits or the base64 of 32 bytes (`openssl rand -base64 32`), white space
  /// around it ignored. INVALID_ARGUMENT says what is expected, and nothing of the text.
  static absl::StatusOr<MasterKey> Parse(std::string_view text);

  /// Tells keys apart; says nothing of the key. kIdBytes.
  const std::string& id() const { return id_; }
  const base::Secret& key() const { return key_; }

 private:
  explicit MasterKey(base::Secret key);

  base::Secret key_;
  std::string id_;
};

/// The master key that seals, first, and earlier ones that still open. A value.
class MasterKeys {
 public:
  MasterKeys() = default;
  explicit MasterKeys(std::vector<MasterKey> keys) : keys_(std::move(keys)) {}

  bool empty() const { return keys_.empty(); }
  const std::vector<MasterKey>& all() const { return keys_; }
  const MasterKey& current() const { return keys_.front(); }
  /// Null: there is none of that id.
  const MasterKey* Find(std::string_view id) const;

 private:
  std::vector<MasterKey> keys_;
};

}  // namespace carillon::sealing
