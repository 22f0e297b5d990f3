#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "carillon/guard/address.h"

namespace carillon::guard {

/// The addresses that share the first `prefix` bits of `first`. A value.
struct Network {
  Address first;
  int prefix = 0;

  /// An IPv4 network has no IPv6 address in it, not a mapped one either, and the other way round.
  bool Contains(const Address& address) const;
  /// `10.0.0.0/8`.
  std::string ToString() const;
  friend bool operator==(const Network&, const Network&) = default;
};

/// `10.0.0.0/8`, `fd00::/8`, or one address (`10.1.2.3`, which is `10.1.2.3/32`). INVALID_ARGUMENT
/// with what is wrong, bits behind the prefix included (`10.1.0.0/8`).
absl::StatusOr<Network> ParseNetwork(std::string_view text);

/// The prefix of a NAT64 as RFC 6052, 2.2 lets it be: IPv6, of 32, 40, 48, 56, 64 or 96 bits, those
/// from 64 to 71 zero. INVALID_ARGUMENT with what is wrong.
absl::StatusOr<Network> ParseNat64Prefix(std::string_view text);

}  // namespace carillon::guard
