#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/access/jwk_set.h"
#include "carillon/access/principal.h"
#include "carillon/base/clock.h"

namespace carillon::access {

/// Whose JSON Web Tokens are taken, and what they mean. A value.
struct JwtIssuer {
  /// What a value of the role's claim stands for.
  struct RoleOf {
    std::string value;
    v1::Role role = v1::ROLE_UNSPECIFIED;
    friend bool operator==(const RoleOf&, const RoleOf&) = default;
  };

  std::string issuer;    ///< what `iss` says
  std::string audience;  ///< what `aud` says, or has in its list
  JwkSet keys;
  /// Where `keys` are fetched; empty: they are configured. None may have come yet.
  std::string keys_url;
  /// Names of claims, each a text or a list of texts: tenants, and the role. One that begins with
  /// `/` is a JSON Pointer (RFC 6901).
  std::string tenant_claim = "tenant";
  std::string role_claim = "role";
  std::vector<RoleOf> roles;  ///< empty: `operator`, `tenant_admin`, `reader`, `publisher`
  friend bool operator==(const JwtIssuer&, const JwtIssuer&) = default;
};

/// What a token may be late or early, since clocks differ.
inline constexpr std::chrono::seconds kJwtLeeway{60};
/// Of a token.
inline constexpr size_t kMaxJwtBytes = 16 * 1024;
/// Of its tenants.
inline constexpr size_t kMaxJwtTenants = 1000;

/// Whether it has the form of a JSON Web Token: three parts.
bool LooksLikeJwt(std::string_view token);

/// Who shows the token: its signature is by a key of the issuer that it names, it is for this
/// audience, its time is now (`exp` is required, `nbf` and `iat` are looked at), and it has a
/// subject, a role and tenants. Of several roles the one that may do most counts. The principal
/// ends when the token does. Errors are CREDENTIALS_EXPIRED, or CREDENTIALS_INVALID that says what
/// is wrong. Pure; costs a signature's verification, 30 to 100 us.
absl::StatusOr<Principal> VerifyJwt(const std::vector<JwtIssuer>& issuers, std::string_view token,
                                    base::WallTime now);

/// Where the keys are fetched of the issuer that the token names, if the key that it names is none
/// of them; empty otherwise. Of what VerifyJwt refused.
std::string UrlOfUnknownKey(const std::vector<JwtIssuer>& issuers, std::string_view token);

}  // namespace carillon::access
