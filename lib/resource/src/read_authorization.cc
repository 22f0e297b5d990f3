#include "read_authorization.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/net/url.h"
#include "read_tls.h"
#include "secret_source.h"

namespace carillon::resource {
namespace {

constexpr size_t kMaxUserBytes = 256;
constexpr size_t kMaxPasswordBytes = 4096;
constexpr size_t kMaxTokenBytes = 8192;
constexpr size_t kMaxFileBytes = 8192;
constexpr size_t kMaxTextBytes = 1024;

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

bool IsText(std::string_view s, size_t max_bytes) {
  return s.size() <= max_bytes && std::ranges::none_of(s, IsControl);
}

bool IsVisibleAscii(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return c > 0x20 && c < 0x7F; });
}

/// A password, or a client's secret; `path` is its own.
base::Secret ReadPassword(const v1::Secret& given, const Path& path, Errors& errors) {
  auto found = FindSecret(given, path, errors, kMaxFileBytes);
  if (!found) return {};
  if (found->secret.empty() || !IsText(found->secret.Reveal(), kMaxPasswordBytes)) {
    errors.Add(path.Member(found->member), "must be 1-4096 bytes without control characters");
  }
  return std::move(found->secret);
}

model::BearerAuthorization ReadBearer(const v1::Bearer& given, const Path& path, Errors& errors) {
  const Path place = path.Member("token");
  auto found = FindSecret(given.token(), place, errors, kMaxFileBytes);
  if (!found) return {};
  const std::string_view token = found->secret.Reveal();
  if (token.empty() || token.size() > kMaxTokenBytes || !IsVisibleAscii(token)) {
    errors.Add(place.Member(found->member), "must be 1-8192 visible ASCII characters");
  }
  return {std::move(found->secret)};
}

model::OAuth2Authorization ReadOAuth2(const v1::OAuth2& given, const Path& path, Errors& errors) {
  model::OAuth2Authorization to;
  to.token_url = given.token_url();
  const auto url = net::ParseUrl(to.token_url);
  to.client_id = given.client_id();
  if (to.client_id.empty() || !IsText(to.client_id, kMaxTextBytes)) {
    errors.Add(path.Member("client_id"), "must be 1-1024 bytes without control characters");
  }
  to.client_secret = ReadPassword(given.client_secret(), path.Member("client_secret"), errors);
  if (given.client_authentication() == v1::CLIENT_AUTHENTICATION_BODY) {
    to.client_authentication = model::ClientAuthentication::kBody;
  }
  to.scope = given.scope();
  const auto printable = [](char c) { return c >= 0x20 && c < 0x7F; };
  if (to.scope.size() > kMaxTextBytes || !std::ranges::all_of(to.scope, printable)) {
    errors.Add(path.Member("scope"), "must be at most 1024 printable ASCII characters");
  }
  to.audience = given.audience();
  if (!IsText(to.audience, kMaxTextBytes)) {
    errors.Add(path.Member("audience"), "must be at most 1024 bytes without control characters");
  }
  if (given.has_tls()) {
    to.tls = ReadTls(given.tls(), url.ok() && !url->tls, path.Member("tls"), errors);
  }
  return to;
}

/// The header is made of one thing only.
void CheckAlone(const model::Destination& to, const Path& path, Errors& errors) {
  const auto is_ours = [](std::string_view name) {
    return absl::EqualsIgnoreCase(base::ToAbsl(name), "authorization");
  };
  if (std::ranges::any_of(to.headers, [&](const auto& header) { return is_ours(header.name); })) {
    errors.Add(path, "sets the header Authorization, which is one of headers");
  } else if (to.signature && is_ours(to.signature->header)) {
    errors.Add(path, "sets the header Authorization, which is the signature's");
  }
}

}  // namespace

model::BasicAuthorization ReadBasic(const v1::Basic& given, const Path& path, Errors& errors) {
  model::BasicAuthorization to{.user = given.user()};
  if (to.user.empty() || !IsText(to.user, kMaxUserBytes) ||
      to.user.find(':') != std::string::npos) {
    errors.Add(path.Member("user"), "must be 1-256 bytes without colons and control characters");
  }
  to.password = ReadPassword(given.password(), path.Member("password"), errors);
  return to;
}

void ReadAuthorization(const v1::Destination& given, model::Destination& to, const Path& path,
                       Errors& errors) {
  if (given.has_tls()) {
    to.tls = ReadTls(given.tls(), absl::StartsWithIgnoreCase(to.url, "http:"), path.Member("tls"),
                     errors);
  }
  if (!given.has_authorization()) return;
  const v1::Authorization& from = given.authorization();
  const Path place = path.Member("authorization");
  if (from.scheme_case() == v1::Authorization::SCHEME_NOT_SET) {
    return errors.Add(place, "needs exactly one of basic, bearer, oauth2");
  }
  CheckAlone(to, place, errors);
  if (from.has_basic()) {
    to.authorization = ReadBasic(from.basic(), place.Member("basic"), errors);
  } else if (from.has_bearer()) {
    to.authorization = ReadBearer(from.bearer(), place.Member("bearer"), errors);
  } else {
    to.authorization = ReadOAuth2(from.oauth2(), place.Member("oauth2"), errors);
  }
}

}  // namespace carillon::resource
