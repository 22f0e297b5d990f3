#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "carillon/guard/address.h"
#include "carillon/guard/network.h"
#include "carillon/guard/ports.h"

namespace carillon::guard {

/// Why an address is refused.
struct AddressRefusal {
  std::string rule;  ///< `10.0.0.0/8, private use`: of the address, or of one that it carries
  std::string text;  ///< `10.1.2.3 (10.0.0.0/8, private use)`
};

/// Where requests may go. Made without more: public unicast addresses, at the ports 80, 443, 8080
/// and 8443. A value; const, it may be used by several threads.
class Rules {
 public:
  Rules() = default;
  /// Every port and address. For tests and tools that no tenant gives a URL to.
  static Rules Unrestricted();

  /// Addresses of special use in `network` are allowed too.
  void Allow(const Network& network) { networks_.push_back(network); }
  void Allow(const PortRange& ports) { ports_.push_back(ports); }
  /// Addresses in `prefix`, as ParseNat64Prefix makes it, lead through a translator to the IPv4
  /// address inside them (RFC 6052): that address alone decides, whatever else allows the prefix.
  void AddNat64(const Network& prefix) { nat64_.push_back(prefix); }

  /// Nullopt when the address passes: it is public or allowed, and every IPv4 address that it
  /// carries is so too.
  std::optional<AddressRefusal> FindRefusal(const Address& address) const;
  /// PERMISSION_DENIED with the text of its refusal.
  absl::Status CheckAddress(const Address& address) const;
  /// PERMISSION_DENIED: `port 22`.
  absl::Status CheckPort(uint16_t port) const;
  /// The same of the address that `host`, normalized, is; a name passes.
  absl::Status CheckHost(std::string_view host) const;

  friend bool operator==(const Rules&, const Rules&) = default;

 private:
  bool Allows(const Address& address) const;
  std::optional<AddressRefusal> FindCarried(const Address& outer,
                                            const std::vector<Address>& carried) const;

  std::vector<Network> networks_;
  std::vector<Network> nat64_;
  std::vector<PortRange> ports_ = {{80, 80}, {443, 443}, {8080, 8080}, {8443, 8443}};
};

}  // namespace carillon::guard
