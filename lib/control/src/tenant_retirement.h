#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "carillon/base/clock.h"
#include "carillon/control/change.h"
#include "carillon/control/view.h"

// The name of a tenant that was deleted is retired while its events, attempts, statistics or audit
// entries may be kept, so that nobody who takes the name sees them: nothing is made in it, and
// nothing accepted. The change that removes a tenant writes `retiredTenants/acme`, a
// v1::TenantRetirement. What the file says counts more: a name that it has is no retired one.
namespace carillon::control {

inline constexpr std::string_view kRetiredTenants = "retiredTenants/";
/// Names that are retired at once; then no tenant is deleted.
inline constexpr size_t kMaxRetirements = 100'000;

/// How a name is retired.
struct Retirement {
  std::string principal;  ///< who has deleted the tenant
  base::WallTime now;
  std::chrono::seconds lasts;
};

/// `retiredTenants/acme` of a tenant, or of what is in it.
std::string RetirementOf(std::string_view name);
/// Retires the name of that tenant.
Edit MakeRetirement(const std::string& tenant, const std::string& uid,
                    const Retirement& retirement);
/// When the name is free: what it was told, and later where things are kept longer since.
base::WallTime EndOfRetirement(const Entry& entry, std::chrono::seconds lasts);

/// TENANT_NAME_RETIRED: the resource of that name is a tenant, or in one, whose name is retired.
absl::Status CheckNotRetired(const View& view, std::string_view name);
/// QUOTA_EXCEEDED: there is no room for so many more.
absl::Status CheckRetirementRoom(const View& view, size_t more);

}  // namespace carillon::control
