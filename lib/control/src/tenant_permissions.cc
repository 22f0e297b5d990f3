#include "tenant_permissions.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "tenant_room.h"

namespace carillon::control {
namespace {

/// A member that makes a destination less safe, and what allows it.
struct GuardedMember {
  const char* path;
  bool (*is_set)(const v1::Destination&);
  const char* limit;
  bool model::TenantLimits::* allows;
};

constexpr GuardedMember kGuardedMembers[] = {
    {"destination.tls.insecure_skip_verify",
     [](const v1::Destination& of) { return of.tls().insecure_skip_verify(); },
     "allow_insecure_skip_verify", &model::TenantLimits::allow_insecure_skip_verify},
    {"destination.authorization.oauth2.tls.insecure_skip_verify",
     [](const v1::Destination& of) {
       return of.authorization().oauth2().tls().insecure_skip_verify();
     },
     "allow_insecure_skip_verify", &model::TenantLimits::allow_insecure_skip_verify},
    {"destination.unsigned_requests",
     [](const v1::Destination& of) { return of.unsigned_requests(); }, "allow_unsigned_requests",
     &model::TenantLimits::allow_unsigned_requests},
};

std::string TenantNameOf(const std::string& destination) {
  return destination.substr(0, destination.find('/', destination.find('/') + 1));
}

bool IsAllowed(const View& view, const std::string& tenant, bool model::TenantLimits::* allows) {
  const resource::SnapshotPtr file = view.file();
  if (file->settings && file->settings->tenant_defaults.*allows) return true;
  const auto made = MadeLimits(view, tenant);
  return made && *made.*allows;
}

absl::Status Forbidden(const GuardedMember& member, const std::string& tenant) {
  const std::string why =
      absl::StrCat("must be false: only operators set it, unless they allow it by ", member.limit,
                   " in the limits of ", tenant);
  return aip::BadField(member.path, "FORBIDDEN", why, v1::FIELD_FORBIDDEN,
                       {{"field", member.path}, {"limit", member.limit}});
}

}  // namespace

absl::Status CheckPermitted(const View& view, const v1::Destination* before,
                            const v1::Destination& after) {
  const std::string tenant = TenantNameOf(after.name());
  for (const GuardedMember& member : kGuardedMembers) {
    if (!member.is_set(after) || (before != nullptr && member.is_set(*before))) continue;
    if (!IsAllowed(view, tenant, member.allows)) return Forbidden(member, tenant);
  }
  return absl::OkStatus();
}

}  // namespace carillon::control
