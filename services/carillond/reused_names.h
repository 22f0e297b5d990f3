#pragma once

#include "carillon/log/log.h"
#include "carillon/resource/snapshot.h"

namespace carillon::server {

/// Warns of tenants that `now` has, and `before` had not, whose names are retired: the file has
/// them, and they see what is kept of the tenants that were deleted. Up to 100 lines of a change;
/// then one says how many more there are.
void WarnOfReusedNames(const resource::Snapshot& before, const resource::Snapshot& now,
                       log::Logger& logger);

}  // namespace carillon::server
