#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "carillon/control/view.h"

// A tenant that is being deleted has the operation that does it among what the store has of it:
// `tenants/acme/operations/ID`, a v1::Operation as it began. It is written with the change from
// which on the tenant takes nothing new, and goes with the tenant itself.
namespace carillon::control {

/// That entry of the tenant of that name (`tenants/acme`); without a message: it is not being
/// deleted.
Entry FindDeletion(const View& view, std::string_view tenant);

/// STATE_CONFLICT: nothing is created in the tenant, and it is not enabled, while that operation
/// deletes it.
absl::Status TenantBeingDeleted(std::string_view tenant, std::string_view operation);

}  // namespace carillon::control
