#include "carillon/net/url.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "carillon/base/text.h"
#include "carillon/guard/host.h"

namespace carillon::net {
namespace {

constexpr size_t kMaxUrlBytes = 2048;

absl::Status Wrong(std::string_view what) { return absl::InvalidArgumentError(base::ToAbsl(what)); }

absl::Status CheckBytes(std::string_view text) {
  for (const unsigned char c : text) {
    if (c <= 0x20 || c == 0x7f) return Wrong("must not contain spaces or control characters");
    if (c == '\\') return Wrong("must not contain a backslash");
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

absl::Status SetPort(std::string_view text, Url& url) {
  uint32_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (!IsDigits(text) || text.size() > 5 || error != std::errc() || port < 1 || port > 65535) {
    return Wrong("has a bad port: it must be 1 to 65535");
  }
  url.port = static_cast<uint16_t>(port);
  return absl::OkStatus();
}

absl::Status SetAuthority(std::string_view authority, Url& url) {
  if (authority.find('@') != std::string_view::npos) {
    return Wrong("must not contain a user name or password");
  }
  size_t host_end = authority.find(':');
  if (authority.starts_with('[')) {
    const size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return Wrong("has an IPv6 address without its ']'");
    host_end = bracket + 1;
  }
  const std::string_view rest = authority.substr(std::min(host_end, authority.size()));
  if (!rest.empty() && rest[0] != ':') return Wrong("has a bad host name");
  auto host = guard::NormalizeHost(authority.substr(0, host_end));
  if (!host.ok()) return host.status();
  url.host = *std::move(host);
  // RFC 3986 3.2.3: with nothing behind its colon the port is the scheme's.
  return rest.size() <= 1 ? absl::OkStatus() : SetPort(rest.substr(1), url);
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
  if (!std::ranges::all_of(target, absl::ascii_isascii)) {
    return Wrong("must be ASCII behind the host: percent-encode it");
  }
  if (!target.starts_with('/')) url.target = "/";
  url.target += target;
  return url;
}

}  // namespace carillon::net
