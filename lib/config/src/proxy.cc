#include "proxy.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "carillon/base/text.h"
#include "carillon/http/url.h"
#include "secret_source.h"

namespace carillon::config {
namespace {

constexpr size_t kMaxUsernameBytes = 256;
constexpr size_t kMaxPasswordBytes = 1024;

bool HasControls(const std::string& text) { return std::ranges::any_of(text, absl::ascii_iscntrl); }

void ReadUrl(const std::string& given, http::Proxy& to, const Path& path, Errors& errors) {
  const auto url = http::ParseUrl(given);
  if (!url.ok()) {
    const bool has_user = given.find('@') != given.npos;
    return errors.Add(path, has_user ? "must not hold credentials: use username and password"
                                     : base::ToStd(url.status().message()));
  }
  if (url->tls || url->target != "/") return errors.Add(path, "must be http://HOST:PORT");
  to.host = url->host;
  to.port = url->port;
}

void ReadPassword(const v1::ProxySettings& given, http::Proxy& to, const Path& path,
                  Errors& errors) {
  const int sources =
      !given.password().empty() + !given.password_file().empty() + !given.password_env().empty();
  if (sources != (given.username().empty() ? 0 : 1)) {
    return errors.Add(path, given.username().empty()
                                ? "needs a username with its password"
                                : "needs exactly one of password, password_file, password_env");
  }
  if (sources == 0) return;
  const char* member = "password";
  absl::StatusOr<std::string> password = given.password();
  if (!given.password_file().empty()) {
    member = "password_file";
    password = ReadSecretFile(given.password_file());
  } else if (!given.password_env().empty()) {
    member = "password_env";
    password = ReadSecretVariable(given.password_env());
  }
  if (!password.ok())
    return errors.Add(path.Member(member), base::ToStd(password.status().message()));
  if (password->empty() || password->size() > kMaxPasswordBytes || HasControls(*password)) {
    errors.Add(path.Member(member), "must be a password of 1 to 1024 bytes, no control characters");
  }
  to.password = base::Secret(*std::move(password));
}

}  // namespace

http::Proxy ReadProxy(const v1::ProxySettings& given, const Path& path, Errors& errors) {
  http::Proxy to;
  ReadUrl(given.url(), to, path.Member("url"), errors);
  to.username = given.username();
  if (to.username.size() > kMaxUsernameBytes || HasControls(to.username) ||
      to.username.find(':') != to.username.npos) {
    errors.Add(path.Member("username"), "must be 1 to 256 bytes, no colon, no control characters");
  }
  ReadPassword(given, to, path, errors);
  return to;
}

}  // namespace carillon::config
