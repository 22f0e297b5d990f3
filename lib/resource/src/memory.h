#pragma once

#include "carillon/base/container.h"
#include "carillon/v1/config.pb.h"

namespace carillon::resource {

/// Fills in what `given` leaves out of the bounds on memory and of the threads where the container
/// has less room than their defaults take (docs/configuration.md tells the shares). Never more than
/// a default, never less than a bound of the member. Before the defaults are filled in.
void KeepWithin(const base::ContainerLimits& limits, v1::Config& given);

}  // namespace carillon::resource
