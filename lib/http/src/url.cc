#include "carillon/http/url.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "carillon/base/text.h"

namespace carillon::http {
namespace {

constexpr size_t kMaxUrlBytes = 2048;
constexpr size_t kMaxHostBytes = 253;
constexpr size_t kMaxLabelBytes = 63;

absl::Status Wrong(std::string_view what) { return absl::InvalidArgumentError(base::ToAbsl(what)); }

absl::Status CheckBytes(std::string_view text) {
  for (const unsigned char c : text) {
    if (c <= 0x20 || c == 0x7f) return Wrong("must not contain spaces or control characters");
    if (c == '\\') return Wrong("must not contain a backslash");
    if (c >= 0x80) {
      return Wrong("must be ASCII: percent-encode the path and write the host in punycode (xn--)");
    }
  }
  return absl::OkStatus();
}

/// Takes the scheme off `rest`. True for https.
std::optional<bool> TakeScheme(std::string_view& rest) {
  for (const bool tls : {false, true}) {
    const std::string_view scheme = tls ? "https://" : "http://";
    if (absl::StartsWithIgnoreCase(base::ToAbsl(rest), base::ToAbsl(scheme))) {
      rest.remove_prefix(scheme.size());
      return tls;
    }
  }
  return std::nullopt;
}

bool IsDigits(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), absl::ascii_isdigit);
}

/// The system's resolver takes `0x7f.1` or `2130706433` for an IPv4 address.
bool LooksLikeIpv4(std::string_view last_label) {
  return IsDigits(last_label) || last_label.starts_with("0x");
}

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelBytes &&
         std::all_of(label.begin(), label.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_';
         });
}

absl::Status CheckName(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() > kMaxHostBytes) return Wrong("has a host name longer than 253 bytes");
  std::string_view label;
  for (std::string_view rest = host;;) {
    const size_t dot = rest.find('.');
    label = rest.substr(0, dot);
    if (!IsLabel(label)) return Wrong("has a bad host name");
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  boost::system::error_code ec;
  boost::asio::ip::make_address_v4(host, ec);
  if (LooksLikeIpv4(label) && ec) return Wrong("has a bad IPv4 address");
  return absl::OkStatus();
}

absl::Status SetPort(std::string_view text, Url& url) {
  uint32_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (!IsDigits(text) || text.size() > 5 || error != std::errc() || port < 1 || port > 65535) {
    return Wrong("has a bad port: it must be 1 to 65535");
  }
  url.port = static_cast<uint16_t>(port);
  return absl::OkStatus();
}

/// Sets the host from `[V6]...` and gives what follows the bracket.
absl::StatusOr<std::string_view> TakeIpv6(std::string_view authority, Url& url) {
  const size_t end = authority.find(']');
  if (end == std::string_view::npos) return Wrong("has an IPv6 address without its ']'");
  boost::system::error_code ec;
  const std::string_view text = authority.substr(1, end - 1);
  const auto address = boost::asio::ip::make_address_v6(text, ec);
  if (ec || text.find('%') != std::string_view::npos) return Wrong("has a bad IPv6 address");
  url.host = address.to_string();
  return authority.substr(end + 1);
}

absl::Status SetAuthority(std::string_view authority, Url& url) {
  if (authority.find('@') != std::string_view::npos) {
    return Wrong("must not contain a user name or password");
  }
  std::string_view rest;
  if (authority.starts_with('[')) {
    auto taken = TakeIpv6(authority, url);
    if (!taken.ok()) return taken.status();
    rest = *taken;
    if (!rest.empty() && rest[0] != ':') return Wrong("has a bad host name");
  } else {
    const size_t colon = std::min(authority.find(':'), authority.size());
    rest = authority.substr(colon);
    url.host = absl::AsciiStrToLower(base::ToAbsl(authority.substr(0, colon)));
    if (url.host.empty()) return Wrong("has no host");
    if (absl::Status status = CheckName(url.host); !status.ok()) return status;
  }
  return rest.empty() ? absl::OkStatus() : SetPort(rest.substr(1), url);
}

}  // namespace

std::string Url::HostHeader() const {
  const bool v6 = host.find(':') != std::string::npos;
  std::string out = v6 ? "[" + host + "]" : host;
  if (port != (tls ? 443 : 80)) out += ":" + std::to_string(port);
  return out;
}

absl::StatusOr<Url> ParseUrl(std::string_view text) {
  if (text.size() > kMaxUrlBytes) return Wrong("must not be longer than 2048 bytes");
  if (absl::Status status = CheckBytes(text); !status.ok()) return status;
  std::string_view rest = text;
  const std::optional<bool> tls = TakeScheme(rest);
  if (!tls) return Wrong("must start with http:// or https://");
  Url url;
  url.tls = *tls;
  url.port = url.tls ? 443 : 80;
  const size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  if (absl::Status status = SetAuthority(rest.substr(0, end), url); !status.ok()) return status;
  std::string_view target = rest.substr(end);
  target = target.substr(0, target.find('#'));
  if (!target.starts_with('/')) url.target = "/";
  url.target += target;
  return url;
}

}  // namespace carillon::http
