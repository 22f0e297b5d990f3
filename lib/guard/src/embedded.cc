#include "embedded.h"

namespace carillon::guard {
namespace {

struct Ranges {
  Network mapped = *ParseNetwork("::ffff:0:0/96");
  Network nat64 = *ParseNetwork("64:ff9b::/96");
  Network local_nat64 = *ParseNetwork("64:ff9b:1::/48");
  Network six_to_four = *ParseNetwork("2002::/16");
  Network teredo = *ParseNetwork("2001::/32");
};

/// RFC 6052, 2.2: bits 64 to 71 are skipped.
Address BehindPrefix(const Address& address, int prefix) {
  const Address::Bytes& from = address.bytes();
  const size_t skip = 8;
  size_t at = static_cast<size_t>(prefix) / 8;
  uint32_t number = 0;
  for (int taken = 0; taken < 4; ++at) {
    if (at == skip) continue;
    number = number << 8 | from[at];
    ++taken;
  }
  return Address::V4(number);
}

std::vector<Address> BehindLocalNat64(const Address& address, std::span<const Network> allowed) {
  std::vector<Address> out;
  for (const Network& network : allowed) {
    if (!network.Contains(address)) continue;
    const int prefix = network.prefix;
    const bool known = prefix == 48 || prefix == 56 || prefix == 64;
    out.push_back(BehindPrefix(address, known ? prefix : 96));
  }
  return out;
}

Address Inverted(const Address& v4) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<uint8_t>(~v4.bytes()[i]);
  return Address::V4(number);
}

}  // namespace

std::vector<Address> BehindNat64(const Address& address, std::span<const Network> prefixes) {
  std::vector<Address> out;
  for (const Network& prefix : prefixes) {
    if (prefix.Contains(address)) out.push_back(BehindPrefix(address, prefix.prefix));
  }
  return out;
}

std::vector<Address> Carried(const Address& address, std::span<const Network> allowed) {
  static const Ranges ranges;
  if (address.is_v4()) return {};
  if (ranges.mapped.Contains(address) || ranges.nat64.Contains(address)) {
    return {address.V4At(12)};
  }
  if (ranges.local_nat64.Contains(address)) return BehindLocalNat64(address, allowed);
  if (ranges.six_to_four.Contains(address)) return {address.V4At(2)};
  if (ranges.teredo.Contains(address)) return {address.V4At(4), Inverted(address.V4At(12))};
  return {};
}

}  // namespace carillon::guard
