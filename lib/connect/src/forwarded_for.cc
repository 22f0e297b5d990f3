#include "forwarded_for.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "carillon/base/text.h"
#include "carillon/guard/address.h"

namespace carillon::connect {
namespace {

/// An IPv4 address that stands in an IPv6 one is the same as it stands alone.
guard::Address Unmapped(const guard::Address& address) {
  constexpr guard::Address::Bytes kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr size_t kPrefix = 12;
  const auto& bytes = address.bytes();
  const bool is_mapped =
      !address.is_v4() && std::equal(bytes.begin(), bytes.begin() + kPrefix, kMapped.begin());
  return is_mapped ? address.V4At(kPrefix) : address;
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`.
std::optional<guard::Address> ReadHop(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    text = text.substr(1, end - 1);
  } else if (std::ranges::count(text, ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  const auto address = guard::ParseAddress(text);
  if (!address) return std::nullopt;
  return Unmapped(*address);
}

bool IsProxy(const guard::Address& address, const TrustedProxies& proxies) {
  return std::ranges::any_of(
      proxies, [&](const guard::Network& network) { return network.Contains(address); });
}

/// The hops of all fields, from the right.
std::vector<std::string_view> HopsOf(const web::Request& request) {
  std::vector<std::string_view> hops;
  for (auto field = request.headers.fields().rbegin(); field != request.headers.fields().rend();
       ++field) {
    if (!absl::EqualsIgnoreCase(field->first, "x-forwarded-for")) continue;
    std::string_view rest = field->second;
    while (hops.size() < kMaxHops) {
      const size_t comma = rest.rfind(',');
      const std::string_view hop = comma == std::string_view::npos ? rest : rest.substr(comma + 1);
      hops.push_back(base::ToStd(absl::StripAsciiWhitespace(base::ToAbsl(hop))));
      if (comma == std::string_view::npos) break;
      rest = rest.substr(0, comma);
    }
  }
  return hops;
}

}  // namespace

std::string ClientAddress(const web::Request& request, const TrustedProxies& proxies) {
  if (proxies.empty()) return request.peer;
  const auto peer = ReadHop(request.peer);
  if (!peer || !IsProxy(*peer, proxies)) return request.peer;
  guard::Address client = *peer;
  for (const std::string_view hop : HopsOf(request)) {
    const auto address = ReadHop(hop);
    if (!address) break;
    client = *address;
    if (!IsProxy(client, proxies)) break;
  }
  return client.ToString();
}

}  // namespace carillon::connect
