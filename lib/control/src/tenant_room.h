#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "carillon/control/view.h"

namespace carillon::control {

/// Whether the tenant of the resource `name`, which there is not yet, may have it:
/// RESOURCE_NOT_FOUND where tenants are required and this is none, QUOTA_EXCEEDED where it has as
/// many of that collection as it may.
absl::Status CheckRoom(const View& view, std::string_view name);

}  // namespace carillon::control
