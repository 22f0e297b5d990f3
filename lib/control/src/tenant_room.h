#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "carillon/control/view.h"
#include "carillon/model/tenant.h"

namespace carillon::control {

/// What the tenant of that name (`tenants/acme`) may have and do, as somebody has said who made it;
/// nullopt: nobody has.
std::optional<model::TenantLimits> MadeLimits(const View& view, const std::string& tenant);

/// Whether the tenant of the resource `name`, which there is not yet, may have it:
/// RESOURCE_NOT_FOUND where tenants are required and this is none, QUOTA_EXCEEDED where it has as
/// many of that collection as it may, STATE_CONFLICT where it is being deleted, TENANT_NAME_RETIRED
/// where it was. The same of a tenant itself.
absl::Status CheckRoom(const View& view, std::string_view name);

}  // namespace carillon::control
