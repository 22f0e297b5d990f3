#pragma once

#include <memory>
#include <string>
#include <vector>

#include "carillon/operations/replay.h"
#include "carillon/resource/source.h"

namespace carillon::operations {

/// What a destination wants by all subscriptions of these sources, whichever has it; they outlive
/// what is made of them.
std::shared_ptr<const routing::RoutingTable> RoutesIn(
    const std::vector<const resource::Source*>& sources, const std::string& tenant,
    const std::string& destination);

/// The names of the tenant's destinations in these sources, ascending.
std::vector<std::string> DestinationsIn(const std::vector<const resource::Source*>& sources,
                                        const std::string& tenant);

}  // namespace carillon::operations
