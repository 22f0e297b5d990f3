#include "proxy.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "carillon/base/text.h"
#include "carillon/net/url.h"
#include "secret_source.h"

namespace carillon::resource {
namespace {

constexpr size_t kMaxUsernameBytes = 256;
constexpr size_t kMaxProxyPasswordBytes = 1024;

bool HasControls(std::string_view text) { return std::ranges::any_of(text, absl::ascii_iscntrl); }

void ReadUrl(const std::string& given, net::Proxy& to, const Path& path, Errors& errors) {
  const auto url = net::ParseUrl(given);
  if (!url.ok()) {
    const bool has_user = given.find('@') != given.npos;
    return errors.Add(path, has_user ? "must not hold credentials: use username and password"
                                     : base::ToStd(url.status().message()));
  }
  if (url->tls || url->target != "/") return errors.Add(path, "must be http://HOST:PORT");
  to.host = url->host;
  to.port = url->port;
}

void ReadProxyPassword(const v1::ProxySettings& given, net::Proxy& to, const Path& path,
                       Errors& errors) {
  const SecretSource source{"password", given.password(), given.password_file(),
                            given.password_env()};
  if (given.username().empty()) {
    if (source.given()) errors.Add(path, "needs a username with its password");
    return;
  }
  std::optional<FoundSecret> found = FindSecret(source, path, errors);
  if (!found) return;
  const std::string_view password = found->secret.Reveal();
  if (password.empty() || password.size() > kMaxProxyPasswordBytes || HasControls(password)) {
    errors.Add(path.Member(found->member),
               "must be a password of 1 to 1024 bytes, no control characters");
  }
  to.password = std::move(found->secret);
}

}  // namespace

net::Proxy ReadProxy(const v1::ProxySettings& given, const Path& path, Errors& errors) {
  net::Proxy to;
  ReadUrl(given.url(), to, path.Member("url"), errors);
  to.username = given.username();
  if (to.username.size() > kMaxUsernameBytes || HasControls(to.username) ||
      to.username.find(':') != to.username.npos) {
    errors.Add(path.Member("username"), "must be 1 to 256 bytes, no colon, no control characters");
  }
  ReadProxyPassword(given, to, path, errors);
  return to;
}

}  // namespace carillon::resource
