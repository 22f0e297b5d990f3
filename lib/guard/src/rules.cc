#include "carillon/guard/rules.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "embedded.h"
#include "special.h"

namespace carillon::guard {

Rules Rules::Unrestricted() {
  Rules rules;
  rules.Allow(Network{Address::V4(0), 0});
  rules.Allow(Network{Address::V6({}), 0});
  rules.Allow(PortRange{1, 65535});
  return rules;
}

bool Rules::Allows(const Address& address) const {
  return std::ranges::any_of(networks_, [&](const Network& n) { return n.Contains(address); });
}

absl::Status Rules::CheckAddress(const Address& address) const {
  const std::vector<Address> translated = BehindNat64(address, nat64_);
  if (!translated.empty()) return CheckCarried(address, translated);
  const std::optional<std::string> special = FindSpecial(address);
  if (special && !Allows(address)) {
    return absl::PermissionDeniedError(absl::StrCat(address.ToString(), " (", *special, ")"));
  }
  return CheckCarried(address, Carried(address, networks_));
}

absl::Status Rules::CheckCarried(const Address& outer, const std::vector<Address>& carried) const {
  for (const Address& inner : carried) {
    if (const absl::Status status = CheckAddress(inner); !status.ok()) {
      return absl::PermissionDeniedError(
          absl::StrCat(outer.ToString(), ", which carries ", status.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status Rules::CheckPort(uint16_t port) const {
  const auto has = [&](const PortRange& r) { return r.first <= port && port <= r.last; };
  if (std::ranges::any_of(ports_, has)) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat("port ", port));
}

absl::Status Rules::CheckHost(std::string_view host) const {
  const std::optional<Address> address = ParseAddress(host);
  return address ? CheckAddress(*address) : absl::OkStatus();
}

}  // namespace carillon::guard
