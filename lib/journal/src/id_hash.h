#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace carillon::journal {

/// An event's (tenant, id), hashed with the store's own random key.
struct IdHash {
  uint64_t low = 0;
  uint64_t high = 0;
  friend bool operator==(const IdHash&, const IdHash&) = default;
};

using HashKey = std::array<uint8_t, 16>;

/// SipHash-2-4 with 128 bits of output: who does not know the key cannot find two ids that
/// collide. Pure, any thread.
IdHash SipHash128(const HashKey& key, std::string_view bytes);

/// The hash of tenant, a zero byte and id. An empty id hashes to zero, which never is a duplicate.
IdHash HashId(const HashKey& key, std::string_view tenant, std::string_view id);

}  // namespace carillon::journal
