#pragma once

#include "carillon/model/subscription.h"
#include "event_view.h"

namespace carillon::routing {

/// Whether `filter` holds of the event. What is missing equals nothing.
bool Holds(const model::Filter& filter, EventView& event);

}  // namespace carillon::routing
