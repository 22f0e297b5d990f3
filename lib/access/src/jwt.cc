#include "carillon/access/jwt.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "strict_json.h"

namespace carillon::access {
namespace {

using nlohmann::json;

constexpr size_t kMaxSubjectBytes = 256;
constexpr double kEndOfTimes = 9.2e9;  // seconds: the year 2261, in which a WallTime ends

/// The three parts as they are written.
struct Parts {
  std::string_view header, claims, signature;
  std::string_view message;  ///< the first two, with the dot
};

std::optional<Parts> Split(std::string_view token) {
  const size_t first = token.find('.');
  const size_t second = first == token.npos ? token.npos : token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
               token.substr(second + 1), token.substr(0, second)};
}

absl::Status Refused(std::string_view why) {
  return aip::MakeError(v1::CREDENTIALS_INVALID,
                        absl::StrCat("the JSON Web Token is not taken: ", std::string(why)));
}

std::optional<json> ReadPart(std::string_view part) {
  const auto bytes = DecodeBase64Url(part);
  return bytes ? ReadStrictObject(*bytes) : std::nullopt;
}

bool HasAudience(const json& claims, const std::string& audience) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  if (found->is_string()) return found->get<std::string>() == audience;
  return found->is_array() && std::ranges::any_of(*found, [&](const json& one) {
           return one.is_string() && one.get<std::string>() == audience;
         });
}

/// Seconds since 1970; NaN: it is there, and no such number. nullopt: it is not there.
std::optional<double> TimeOf(const json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end()) return std::nullopt;
  if (!found->is_number()) return std::nan("");
  return found->get<double>();
}

absl::Status CheckTimes(const json& claims, base::WallTime now, base::WallTime& ends) {
  const auto leeway = static_cast<double>(kJwtLeeway.count());
  const auto seconds = static_cast<double>(base::ToUnixSeconds(now));
  const std::optional<double> exp = TimeOf(claims, "exp");
  if (!exp) return Refused("it has no exp, so it would never end");
  for (const char* const name : {"exp", "nbf", "iat"}) {
    const std::optional<double> time = TimeOf(claims, name);
    if (time && !(*time >= 0)) return Refused(absl::StrCat(name, " is no time"));
  }
  ends = base::WallTime(
      std::chrono::seconds(static_cast<int64_t>(std::min(std::floor(*exp) + leeway, kEndOfTimes))));
  if (now >= ends) {
    return aip::MakeError(v1::CREDENTIALS_EXPIRED, "the JSON Web Token has expired: get a new one");
  }
  for (const char* const name : {"nbf", "iat"}) {
    if (TimeOf(claims, name).value_or(0) > seconds + leeway) {
      return Refused(absl::StrCat(name, " lies in the future: look at the clocks"));
    }
  }
  return absl::OkStatus();
}

/// A claim by its name, or by a JSON Pointer; null: there is none.
const json* FindClaim(const json& claims, const std::string& name) {
  if (!name.starts_with('/')) {
    const auto found = claims.find(name);
    return found == claims.end() ? nullptr : &*found;
  }
  try {
    const json::json_pointer pointer(name);
    return claims.contains(pointer) ? &claims.at(pointer) : nullptr;
  } catch (const json::exception&) {
    return nullptr;
  }
}

/// The texts of a claim that is one or a list of them; nullopt: it is something else.
std::optional<std::vector<std::string>> TextsOf(const json* claim) {
  std::vector<std::string> texts;
  if (claim == nullptr) return texts;
  if (claim->is_string()) return std::vector{claim->get<std::string>()};
  if (!claim->is_array()) return std::nullopt;
  for (const json& one : *claim) {
    if (!one.is_string()) return std::nullopt;
    texts.push_back(one.get<std::string>());
  }
  return texts;
}

v1::Role Means(const JwtIssuer& issuer, const std::string& value) {
  if (!issuer.roles.empty()) {
    const auto found = std::ranges::find(issuer.roles, value, &JwtIssuer::RoleOf::value);
    return found == issuer.roles.end() ? v1::ROLE_UNSPECIFIED : found->role;
  }
  if (value == "operator") return v1::ROLE_OPERATOR;
  if (value == "tenant_admin") return v1::ROLE_TENANT_ADMIN;
  if (value == "reader") return v1::ROLE_READER;
  if (value == "publisher") return v1::ROLE_PUBLISHER;
  return v1::ROLE_UNSPECIFIED;
}

/// The role that may do most of those that the claim names.
v1::Role RoleIn(const JwtIssuer& issuer, const std::vector<std::string>& values) {
  constexpr std::array kFromMost = {v1::ROLE_OPERATOR, v1::ROLE_TENANT_ADMIN, v1::ROLE_READER,
                                    v1::ROLE_PUBLISHER};
  for (const v1::Role role : kFromMost) {
    const auto means = [&](const std::string& value) { return Means(issuer, value) == role; };
    if (std::ranges::any_of(values, means)) return role;
  }
  return v1::ROLE_UNSPECIFIED;
}

bool IsTenantId(std::string_view id) {
  const auto good = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  return !id.empty() && id.size() <= 128 && id != "-" && id != "." && id != ".." &&
         std::ranges::all_of(id, good);
}

absl::Status ReadRights(const JwtIssuer& issuer, const json& claims, Principal& to) {
  const auto roles = TextsOf(FindClaim(claims, issuer.role_claim));
  to.role = roles ? RoleIn(issuer, *roles) : v1::ROLE_UNSPECIFIED;
  if (to.role == v1::ROLE_UNSPECIFIED) {
    return Refused(absl::StrCat("the claim ", issuer.role_claim, " names no role that is known"));
  }
  to.all_tenants = to.role == v1::ROLE_OPERATOR;
  if (to.all_tenants) return absl::OkStatus();
  auto tenants = TextsOf(FindClaim(claims, issuer.tenant_claim));
  if (!tenants || tenants->empty() || tenants->size() > kMaxJwtTenants ||
      !std::ranges::all_of(*tenants, IsTenantId)) {
    return Refused(absl::StrCat("the claim ", issuer.tenant_claim,
                                " must have ids of tenants, 1 to ", kMaxJwtTenants));
  }
  std::ranges::sort(*tenants);
  to.tenants = *std::move(tenants);
  return absl::OkStatus();
}

}  // namespace

bool LooksLikeJwt(std::string_view token) { return Split(token).has_value(); }

absl::StatusOr<Principal> VerifyJwt(const std::vector<JwtIssuer>& issuers, std::string_view token,
                                    base::WallTime now) {
  if (token.size() > kMaxJwtBytes) return Refused("it has more than 16 KiB");
  const auto parts = Split(token);
  if (!parts) return Refused("it does not have three parts");
  const auto header = ReadPart(parts->header);
  const auto claims = ReadPart(parts->claims);
  const auto signature = DecodeBase64Url(parts->signature);
  if (!header || !claims || !signature) return Refused("it is not as RFC 7515 says");
  const auto algorithm = ReadJwsAlgorithm(TextMember(*header, "alg").value_or(""));
  if (!algorithm) return Refused("alg must be RS256, ES256 or EdDSA");
  if (header->contains("crit")) return Refused("it has crit, and nothing critical is known here");
  const auto named = TextMember(*claims, "iss");
  const auto issuer = std::ranges::find_if(
      issuers, [&](const JwtIssuer& one) { return named && one.issuer == *named; });
  if (issuer == issuers.end()) return Refused("its issuer is none that is configured");
  const auto kid = TextMember(*header, "kid");
  if (header->contains("kid") && !kid) return Refused("kid is no text");
  if (!issuer->keys_url.empty() && !issuer->keys.Knows(*algorithm, kid)) {
    return Refused("its key is not known yet: its issuer is asked for it, so try again");
  }
  if (!issuer->keys.Verify(*algorithm, kid, parts->message, *signature)) {
    return Refused("its signature is not by a key of its issuer");
  }
  if (!HasAudience(*claims, issuer->audience)) return Refused("it is for another audience");
  Principal principal;
  principal.kind = PrincipalKind::kJwt;
  base::WallTime ends;
  if (absl::Status status = CheckTimes(*claims, now, ends); !status.ok()) return status;
  principal.expire_time = ends;
  const auto subject = TextMember(*claims, "sub");
  const auto printable = [](char c) { return c > ' ' && c < 0x7F; };
  if (!subject || subject->empty() || subject->size() > kMaxSubjectBytes ||
      !std::ranges::all_of(*subject, printable)) {
    return Refused("sub must be 1 to 256 printable characters of ASCII without spaces");
  }
  principal.name = absl::StrCat("jwt:", issuer->issuer, "#", *subject);
  if (absl::Status status = ReadRights(*issuer, *claims, principal); !status.ok()) return status;
  return principal;
}

std::string UrlOfUnknownKey(const std::vector<JwtIssuer>& issuers, std::string_view token) {
  if (token.size() > kMaxJwtBytes) return "";
  const auto parts = Split(token);
  if (!parts) return "";
  const auto header = ReadPart(parts->header);
  const auto claims = ReadPart(parts->claims);
  if (!header || !claims) return "";
  const auto algorithm = ReadJwsAlgorithm(TextMember(*header, "alg").value_or(""));
  const auto named = TextMember(*claims, "iss");
  if (!algorithm || !named) return "";
  const auto issuer = std::ranges::find(issuers, *named, &JwtIssuer::issuer);
  if (issuer == issuers.end()) return "";
  return issuer->keys.Knows(*algorithm, TextMember(*header, "kid")) ? "" : issuer->keys_url;
}

}  // namespace carillon::access
