#include "special.h"

#include <array>
#include <span>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/guard/network.h"

namespace carillon::guard {
namespace {

struct Range {
  const char* network;
  const char* use;
};

// The union of the IANA registries of special-purpose addresses and of what is no unicast; the
// last one is the address at which Azure answers its guests.
constexpr std::array kV4 = std::to_array<Range>({
    {"0.0.0.0/8", "this network"},
    {"10.0.0.0/8", "private use"},
    {"100.64.0.0/10", "shared by carriers"},
    {"127.0.0.0/8", "loopback"},
    {"169.254.0.0/16", "link-local and cloud metadata"},
    {"172.16.0.0/12", "private use"},
    {"192.0.0.0/24", "protocol assignments"},
    {"192.0.2.0/24", "documentation"},
    {"192.31.196.0/24", "AS112"},
    {"192.52.193.0/24", "AMT"},
    {"192.88.99.0/24", "6to4 relays"},
    {"192.168.0.0/16", "private use"},
    {"192.175.48.0/24", "AS112"},
    {"198.18.0.0/15", "benchmarking"},
    {"198.51.100.0/24", "documentation"},
    {"203.0.113.0/24", "documentation"},
    {"224.0.0.0/4", "multicast"},
    {"240.0.0.0/4", "reserved and broadcast"},
    {"168.63.129.16/32", "the platform of a cloud"},
});

// Ranges of special use within 2000::/3.
constexpr std::array kV6Within = std::to_array<Range>({
    {"2001::/32", "Teredo"},
    {"2001::/23", "protocol assignments"},
    {"2001:db8::/32", "documentation"},
    {"2002::/16", "6to4"},
    {"3fff::/20", "documentation"},
});

// All outside 2000::/3 is refused; what these are is told by name.
constexpr std::array kV6Outside = std::to_array<Range>({
    {"::/128", "unspecified"},
    {"::1/128", "loopback"},
    {"::ffff:0:0/96", "IPv4-mapped"},
    {"64:ff9b::/96", "NAT64"},
    {"64:ff9b:1::/48", "local NAT64"},
    {"fc00::/7", "unique local"},
    {"fe80::/10", "link-local"},
    {"ff00::/8", "multicast"},
});

struct Special {
  Network network;
  std::string text;
};

std::vector<Special> Parsed(std::span<const Range> ranges) {
  std::vector<Special> out;
  for (const Range& range : ranges) {
    out.push_back({*ParseNetwork(range.network), absl::StrCat(range.network, ", ", range.use)});
  }
  return out;
}

std::optional<std::string> Find(const std::vector<Special>& ranges, const Address& address) {
  for (const Special& range : ranges) {
    if (range.network.Contains(address)) return range.text;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> FindSpecial(const Address& address) {
  static const std::vector<Special> v4 = Parsed(kV4);
  static const std::vector<Special> v6_within = Parsed(kV6Within);
  static const std::vector<Special> v6_outside = Parsed(kV6Outside);
  static const Network v6_global = *ParseNetwork("2000::/3");
  if (address.is_v4()) return Find(v4, address);
  if (v6_global.Contains(address)) return Find(v6_within, address);
  std::optional<std::string> named = Find(v6_outside, address);
  return named ? named : "not in 2000::/3, the public unicast addresses";
}

}  // namespace carillon::guard
