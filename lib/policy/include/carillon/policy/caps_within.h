#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace carillon::policy {

/// The two caps of InFlightCaps.
struct Caps {
  uint32_t in_all = 1;
  uint32_t per_tenant = 1;
  friend bool operator==(const Caps&, const Caps&) = default;
};

/// `wanted`, but at most `most` (at least 1) in all; a tenant's part of the whole stays what it
/// was, so that where little is there one tenant can't have it all.
inline Caps CapsWithin(const Caps& wanted, size_t most) {
  if (wanted.in_all <= most) return wanted;
  const uint64_t part = uint64_t{wanted.per_tenant} * most / wanted.in_all;
  return {static_cast<uint32_t>(most), static_cast<uint32_t>(std::max<uint64_t>(part, 1))};
}

}  // namespace carillon::policy
