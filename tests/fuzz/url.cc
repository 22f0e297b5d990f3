#include "carillon/net/url.h"

#include <arpa/inet.h>

#include <string>

#include "carillon/guard/address.h"
#include "carillon/guard/host.h"
#include "carillon/guard/network.h"
#include "carillon/guard/ports.h"
#include "carillon/guard/rules.h"
#include "targets.h"

namespace carillon::fuzz {
namespace {

/// What the system takes for an IPv4 address must be one here too, or a name could lead past the
/// rules.
void CheckHost(const std::string& host) {
  in_addr system{};
  const auto address = guard::ParseAddress(host);
  if (inet_aton(host.c_str(), &system) != 0) {
    Require(address.has_value() && address->is_v4());
    Require(ntohl(system.s_addr) ==
            (uint32_t{address->bytes()[0]} << 24 | uint32_t{address->bytes()[1]} << 16 |
             uint32_t{address->bytes()[2]} << 8 | address->bytes()[3]));
  }
  const guard::Rules rules;
  if (address.has_value()) {
    Require(rules.CheckHost(host).ok() == rules.CheckAddress(*address).ok());
    Require(guard::ParseAddress(address->ToString()) == address);
  } else {
    Require(guard::NormalizeHost(host).value_or("") == host);
  }
}

}  // namespace

void Url(std::string_view input) {
  if (const auto url = net::ParseUrl(input); url.ok()) {
    Require(!url->host.empty() && url->target.starts_with('/') && url->port != 0);
    CheckHost(url->host);
    const std::string again = (url->tls ? "https://" : "http://") + url->HostHeader() + url->target;
    const auto same = net::ParseUrl(again);
    Require(again.size() > 2048 || (same.ok() && same->host == url->host &&
                                    same->port == url->port && same->target == url->target));
  }
  if (const auto host = guard::NormalizeHost(input); host.ok()) CheckHost(*host);
  if (const auto network = guard::ParseNetwork(input); network.ok()) {
    Require(network->Contains(network->first));
    Require(*guard::ParseNetwork(network->ToString()) == *network);
  }
  if (const auto prefix = guard::ParseNat64Prefix(input); prefix.ok()) {
    guard::Rules rules;
    rules.AddNat64(*prefix);
    Require(!rules.CheckAddress(prefix->first).ok());  // 0.0.0.0 inside
  }
  if (const auto ports = guard::ParsePorts(input); ports.ok()) {
    Require(ports->first != 0 && ports->first <= ports->last);
  }
}

}  // namespace carillon::fuzz
