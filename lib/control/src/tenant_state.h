#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "carillon/control/view.h"
#include "carillon/model/tenant.h"

namespace carillon::control {

/// The tenant of that id, if it is disabled; null: it is not.
std::shared_ptr<const model::Tenant> FindDisabled(const View& view, std::string_view tenant);

/// TENANT_DISABLED: nothing is done in its name.
absl::Status TenantDisabled(const model::Tenant& tenant);

}  // namespace carillon::control
