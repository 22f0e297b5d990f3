#pragma once

#include <span>
#include <vector>

#include "carillon/guard/address.h"
#include "carillon/guard/network.h"

namespace carillon::guard {

/// The IPv4 addresses to which a packet for `address` may in the end go: those inside an
/// IPv4-mapped, NAT64 (64:ff9b::/96), 6to4 or Teredo address (of Teredo both, the relay and the
/// client). In 64:ff9b:1::/48, which every network divides as it likes, the prefix of the `allowed`
/// network tells where the address stands (RFC 6052); prefixes other than 48, 56 and 64 count
/// as 96.
std::vector<Address> Carried(const Address& address, std::span<const Network> allowed);

/// The IPv4 addresses to which a translator of one of the `prefixes` sends what is for `address`:
/// one for each prefix that holds it. The prefixes are as
/// ParseNat64Prefix makes them.
std::vector<Address> BehindNat64(const Address& address, std::span<const Network> prefixes);

}  // namespace carillon::guard
