#include "carillon/guard/rules.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

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

std::optional<AddressRefusal> Rules::FindRefusal(const Address& address) const {
  const std::vector<Address> translated = BehindNat64(address, nat64_);
  if (!translated.empty()) return FindCarried(address, translated);
  std::optional<std::string> special = FindSpecial(address);
  if (special && !Allows(address)) {
    std::string text = absl::StrCat(address.ToString(), " (", *special, ")");
    return AddressRefusal{*std::move(special), std::move(text)};
  }
  return FindCarried(address, Carried(address, networks_));
}

std::optional<AddressRefusal> Rules::FindCarried(const Address& outer,
                                                 const std::vector<Address>& carried) const {
  for (const Address& inner : carried) {
    std::optional<AddressRefusal> refusal = FindRefusal(inner);
    if (!refusal) continue;
    refusal->text = absl::StrCat(outer.ToString(), ", which carries ", refusal->text);
    return refusal;
  }
  return std::nullopt;
}

absl::Status Rules::CheckAddress(const Address& address) const {
  const std::optional<AddressRefusal> refusal = FindRefusal(address);
  return refusal ? absl::PermissionDeniedError(refusal->text) : absl::OkStatus();
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
