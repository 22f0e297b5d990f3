#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "carillon/control/change.h"

namespace carillon::control {

/// Takes a destination out of the subscriptions of the store that name it; those that are left
/// without one are deleted. FAILED_PRECONDITION (RESOURCE_IN_USE): there are some, and `force` is
/// false.
absl::Status RemoveFromSubscriptions(const std::string& destination, const View& view, bool force,
                                     std::vector<Edit>& edits);

}  // namespace carillon::control
