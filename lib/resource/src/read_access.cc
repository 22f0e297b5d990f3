#include "carillon/resource/read_access.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "carillon/access/event_type_patterns.h"
#include "field_rules.h"
#include "member_rules.h"
#include "read_principal.h"

namespace carillon::resource {
namespace {

constexpr int kMaxTokens = 1000;
constexpr int kMaxTokenTenants = 1000;
constexpr int kMaxTokenTypes = 256;
constexpr int64_t kEndOfTime = 9'214'646'400;  // the year 2262, in which a WallTime ends

void ReadTenants(const v1::AccessToken& given, access::Principal& to, const Path& path,
                 Errors& errors) {
  to.all_tenants = given.tenants().empty();
  if (given.tenants_size() > kMaxTokenTenants) {
    return errors.Add(path, absl::StrCat("must be at most ", kMaxTokenTenants));
  }
  if (given.role() == v1::ROLE_OPERATOR && !to.all_tenants) {
    errors.Add(path, "must be left out: an operator is one for all tenants");
  }
  for (int i = 0; i < given.tenants_size(); ++i) {
    if (!IsTenant(given.tenants(i))) {
      errors.Add(path.At(i), "must be 1-128 characters of [A-Za-z0-9_.-]");
    }
  }
  to.tenants.assign(given.tenants().begin(), given.tenants().end());
  std::ranges::sort(to.tenants);
}

void ReadTypes(const v1::AccessToken& given, access::Principal& to, const Path& path,
               Errors& errors) {
  if (given.event_types_size() > kMaxTokenTypes) {
    return errors.Add(path, absl::StrCat("must be at most ", kMaxTokenTypes));
  }
  for (int i = 0; i < given.event_types_size(); ++i) {
    if (!access::IsTypePattern(given.event_types(i))) {
      errors.Add(path.At(i), "must be an event type, a group such as order.*, or *");
    }
  }
  to.event_types.assign(given.event_types().begin(), given.event_types().end());
}

}  // namespace

access::Principal ReadPrincipal(const v1::AccessToken& given, const std::string& name,
                                const Path& path, Errors& errors) {
  access::Principal to;
  to.kind = access::PrincipalKind::kToken;
  to.name = absl::StrCat("token:", name);
  to.role = given.role();
  if (given.role() == v1::ROLE_UNSPECIFIED) {
    errors.Add(path.Member("role"), "must be operator, tenant_admin, reader or publisher");
  }
  ReadTenants(given, to, path.Member("tenants"), errors);
  ReadTypes(given, to, path.Member("event_types"), errors);
  CheckRules(given.quota(), path.Member("quota"), errors);
  to.rate = {given.quota().events_per_second(), given.quota().bytes_per_second()};
  if (given.has_expire_time()) {
    const auto& time = given.expire_time();
    if (time.nanos() != 0 || time.seconds() < 0 || time.seconds() >= kEndOfTime) {
      errors.Add(path.Member("expire_time"),
                 "must be in whole seconds and in the years 1970 to 2261");
    } else {
      to.expire_time = base::WallTime(std::chrono::seconds(time.seconds()));
    }
  }
  return to;
}

std::optional<access::TokenHash> ReadTokenHash(std::string_view text) {
  access::TokenHash hash{};
  const bool digits = std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (text.size() != 2 * hash.size() || !digits) return std::nullopt;
  const std::string bytes = absl::HexStringToBytes(absl::string_view(text.data(), text.size()));
  std::ranges::copy(bytes, hash.begin());
  return hash;
}

access::Authenticator::Grant ReadToken(const v1::AccessToken& given, const std::string& name,
                                       const Path& path, Errors& errors) {
  access::Authenticator::Grant grant;
  grant.principal = ReadPrincipal(given, name, path, errors);
  if (const auto hash = ReadTokenHash(given.sha256())) {
    grant.hash = *hash;
  } else {
    errors.Add(path.Member("sha256"),
               "must be 64 digits of [0-9a-f], as `carillon tokens generate` prints them; never "
               "the token itself");
  }
  return grant;
}

std::vector<access::Authenticator::Grant> ReadAccess(const v1::AccessSettings& given,
                                                     const Path& path, Errors& errors) {
  std::vector<access::Authenticator::Grant> grants;
  const Path tokens = path.Member("tokens");
  if (given.tokens_size() > kMaxTokens) {
    errors.Add(tokens, absl::StrCat("must be at most ", kMaxTokens));
    return grants;
  }
  std::set<std::string> names;
  std::set<access::TokenHash> hashes;
  for (int i = 0; i < given.tokens_size(); ++i) {
    const v1::AccessToken& token = given.tokens(i);
    const Path at = tokens.At(i);
    if (!IsLabel(token.name())) {
      errors.Add(at.Member("name"), "must be 1-63 characters of [a-z0-9-]");
    } else if (!names.insert(token.name()).second) {
      errors.Add(at.Member("name"), absl::StrCat("'", token.name(), "' is there already"));
    }
    access::Authenticator::Grant grant =
        ReadToken(token, absl::StrCat("tokens/", token.name()), at, errors);
    if (grant.hash != access::TokenHash{} && !hashes.insert(grant.hash).second) {
      errors.Add(at.Member("sha256"), "is that of another token");
    }
    grants.push_back(std::move(grant));
  }
  return grants;
}

}  // namespace carillon::resource
