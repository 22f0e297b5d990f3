#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/guard/address.h"
#include "carillon/net/url.h"
#include "carillon/resource/read_access.h"
#include "secret_source.h"

namespace carillon::resource {
namespace {

constexpr int kMaxIssuers = 16;
constexpr int kMaxJwtRoles = 64;
constexpr size_t kMaxIssuerBytes = 2048;
constexpr size_t kMaxClaimBytes = 256;

void CheckLength(const std::string& text, size_t most, const Path& path, Errors& errors) {
  if (!text.empty() && text.size() <= most) return;
  errors.Add(path, absl::StrCat("must be 1-", most, " bytes"));
}

/// Over http:// whoever is on the way could give keys of its own.
void CheckKeysUrl(const std::string& url, const Path& path, Errors& errors) {
  const auto parsed = net::ParseUrl(url);
  if (!parsed.ok()) return errors.Add(path, base::ToStd(parsed.status().message()));
  const auto address = guard::ParseAddress(parsed->host);
  constexpr uint8_t kLoopback = 127;
  const bool is_loopback = parsed->host == "localhost" || parsed->host == "::1" ||
                           (address && address->is_v4() && address->bytes()[0] == kLoopback);
  if (!parsed->tls && !is_loopback) {
    errors.Add(path, "must be https://, or http:// of a loopback address");
  }
}

/// Empty: it is wrong, which is an error, or in a file that is not read.
access::JwkSet ReadKeySet(const v1::JsonWebKeySet& given, const Path& path, Errors& errors) {
  if (given.value().empty() && given.file().empty() && given.url().empty()) {
    errors.Add(path, "needs exactly one of value, file, url");
    return {};
  }
  if (given.has_url()) {
    CheckKeysUrl(given.url(), path.Member("url"), errors);
    return {};
  }
  if (given.has_file() && !errors.references().Reads()) {
    errors.references().Skip();
    return {};
  }
  absl::StatusOr<std::string> text = given.value();
  if (given.has_file()) {
    text = errors.references().ReadFile(given.file(), access::JwkSet::kMaxBytes);
  }
  absl::StatusOr<access::JwkSet> keys = text.ok() ? access::JwkSet::Parse(*text) : text.status();
  if (keys.ok()) return *std::move(keys);
  errors.Add(
      path.Member(given.has_file() ? "file" : "value"),
      absl::StrCat(keys.status().message(), given.has_file() ? ShownFile(given.file()) : ""));
  return {};
}

std::vector<access::JwtIssuer::RoleOf> ReadRoles(const v1::JwtIssuer& given, const Path& path,
                                                 Errors& errors) {
  std::vector<access::JwtIssuer::RoleOf> roles;
  if (given.roles_size() > kMaxJwtRoles) {
    errors.Add(path, absl::StrCat("must be at most ", kMaxJwtRoles));
    return roles;
  }
  std::set<std::string> values;
  for (int i = 0; i < given.roles_size(); ++i) {
    const v1::JwtRole& role = given.roles(i);
    CheckLength(role.value(), kMaxClaimBytes, path.At(i).Member("value"), errors);
    if (!values.insert(role.value()).second) {
      errors.Add(path.At(i).Member("value"), "is there already");
    }
    if (role.role() == v1::ROLE_UNSPECIFIED) {
      errors.Add(path.At(i).Member("role"), "must be operator, tenant_admin, reader or publisher");
    }
    roles.push_back({role.value(), role.role()});
  }
  return roles;
}

access::JwtIssuer ReadIssuer(const v1::JwtIssuer& given, const Path& path, Errors& errors) {
  access::JwtIssuer to;
  to.issuer = given.issuer();
  to.audience = given.audience();
  CheckLength(to.issuer, kMaxIssuerBytes, path.Member("issuer"), errors);
  CheckLength(to.audience, kMaxIssuerBytes, path.Member("audience"), errors);
  to.keys = ReadKeySet(given.keys(), path.Member("keys"), errors);
  to.keys_url = given.keys().url();
  if (!given.tenant_claim().empty()) to.tenant_claim = given.tenant_claim();
  if (!given.role_claim().empty()) to.role_claim = given.role_claim();
  CheckLength(to.tenant_claim, kMaxClaimBytes, path.Member("tenant_claim"), errors);
  CheckLength(to.role_claim, kMaxClaimBytes, path.Member("role_claim"), errors);
  to.roles = ReadRoles(given, path.Member("roles"), errors);
  return to;
}

}  // namespace

std::vector<access::JwtIssuer> ReadIssuers(const v1::AccessSettings& given, const Path& path,
                                           Errors& errors) {
  std::vector<access::JwtIssuer> issuers;
  const Path all = path.Member("jwt_issuers");
  if (given.jwt_issuers_size() > kMaxIssuers) {
    errors.Add(all, absl::StrCat("must be at most ", kMaxIssuers));
    return issuers;
  }
  std::set<std::string> names;
  for (int i = 0; i < given.jwt_issuers_size(); ++i) {
    issuers.push_back(ReadIssuer(given.jwt_issuers(i), all.At(i), errors));
    if (!names.insert(issuers.back().issuer).second) {
      errors.Add(all.At(i).Member("issuer"), "is there already");
    }
  }
  return issuers;
}

}  // namespace carillon::resource
