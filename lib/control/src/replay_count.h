#pragma once

#include <cstdint>

#include "carillon/control/standard_methods.h"
#include "carillon/operations/replay.h"
#include "carillon/v1/delivery_service.pb.h"

namespace carillon::control {

/// What a replay would do up to the position `end`, which is not included: counts, and names some.
/// `done`, once, on any thread, with a v1::ReplayEventsResponse or an error of
/// carillon/aip/error.h. What `tools` has outlives it.
void CountReplay(const v1::ReplayEventsRequest& request, operations::EventSelection selection,
                 uint64_t end, const operations::DeliveryTools& tools, Methods::Done done);

}  // namespace carillon::control
