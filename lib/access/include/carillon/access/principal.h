#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/v1/options.pb.h"

namespace carillon::access {

/// How a caller is known.
enum class PrincipalKind : uint8_t {
  kAnonymous,    ///< it is not; `access.anonymous_role` says what it may
  kLoopback,     ///< no credential is configured, and the call came from this machine
  kToken,        ///< a bearer token of Carillon's own
  kJwt,          ///< a JSON Web Token of a configured issuer
  kCertificate,  ///< a client certificate
  kPortal,       ///< a session of the console for one tenant
};

/// What may be published by one principal or one tenant; 0: as much as one likes.
struct PublishRate {
  double events_per_second = 0;
  uint64_t bytes_per_second = 0;
  friend bool operator==(const PublishRate&, const PublishRate&) = default;
};

/// Who calls, and what for. A value; what is checked is in authorize.h.
struct Principal {
  PrincipalKind kind = PrincipalKind::kAnonymous;
  /// For logs and the audit log: `token:tenants/acme/tokens/ci`, `certificate:CN=shop`,
  /// `portal:tenants/acme/portalSessions/3f9a#jane`.
  std::string name;
  v1::Role role = v1::ROLE_UNSPECIFIED;
  bool all_tenants = false;
  std::vector<std::string> tenants;      ///< ids, sorted; not looked at with `all_tenants`
  std::vector<std::string> event_types;  ///< patterns of what it may publish; empty: all
  PublishRate rate;
  std::optional<base::WallTime> expire_time;

  /// Whether the tenant is one of its own.
  bool MayEnter(std::string_view tenant) const;
  /// Whether it may publish events of that type, tenants and role apart.
  bool MayPublishType(std::string_view type) const;
  bool expired(base::WallTime now) const { return expire_time && now >= *expire_time; }
  friend bool operator==(const Principal&, const Principal&) = default;
};

}  // namespace carillon::access
