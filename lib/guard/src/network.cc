#include "carillon/guard/network.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace carillon::guard {
namespace {

constexpr const char* kForm = "must be an address or a network such as 10.0.0.0/8 or fd00::/8";

/// `address` with all bits from `prefix` on cleared.
Address Masked(const Address& address, int prefix) {
  Address::Bytes bytes = address.bytes();
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(prefix - 8 * i, 0, 8);
    bytes[static_cast<size_t>(i)] &= static_cast<uint8_t>(0xff00 >> kept);
  }
  const Address masked = Address::V6(bytes);
  return address.is_v4() ? masked.V4At(0) : masked;
}

std::optional<int> ParsePrefix(std::string_view text) {
  int prefix = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, prefix);
  if (text.empty() || text.size() > 3 || text[0] == '-' || error != std::errc() || stop != end) {
    return std::nullopt;
  }
  return prefix;
}

}  // namespace

bool Network::Contains(const Address& address) const {
  return address.is_v4() == first.is_v4() && Masked(address, prefix) == first;
}

std::string Network::ToString() const { return absl::StrCat(first.ToString(), "/", prefix); }

absl::StatusOr<Network> ParseNetwork(std::string_view text) {
  const size_t slash = std::min(text.find('/'), text.size());
  const std::optional<Address> address = ParseAddress(text.substr(0, slash));
  if (!address) return absl::InvalidArgumentError(kForm);
  if (slash == text.size()) return Network{*address, address->bits()};
  const std::optional<int> prefix = ParsePrefix(text.substr(slash + 1));
  if (!prefix) return absl::InvalidArgumentError(kForm);
  if (*prefix > address->bits()) {
    return absl::InvalidArgumentError(absl::StrCat("the prefix of an ",
                                                   address->is_v4() ? "IPv4" : "IPv6",
                                                   " network is 0 to ", address->bits()));
  }
  const Network network{Masked(*address, *prefix), *prefix};
  if (!(network.first == *address)) {
    return absl::InvalidArgumentError(
        absl::StrCat("has bits behind its prefix; the network is ", network.ToString()));
  }
  return network;
}

absl::StatusOr<Network> ParseNat64Prefix(std::string_view text) {
  absl::StatusOr<Network> network = ParseNetwork(text);
  if (!network.ok()) return network;
  constexpr int kLengths[] = {32, 40, 48, 56, 64, 96};
  const bool known = std::ranges::find(kLengths, network->prefix) != std::end(kLengths);
  if (network->first.is_v4() || !known) {
    return absl::InvalidArgumentError(
        "must be an IPv6 network with a prefix of 32, 40, 48, 56, 64 or 96 bits (RFC 6052)");
  }
  if (network->first.bytes()[8] != 0) {
    return absl::InvalidArgumentError("must have zeros in its bits 64 to 71 (RFC 6052)");
  }
  return network;
}

}  // namespace carillon::guard
