#pragma once

#include "carillon/model/subscription.h"
#include "event_view.h"

namespace carillon::routing {

/// Whether `filter` holds of the event. What is missing equals nothing.
///
/// Payloads are read by the grammar that ingest checked them with (json::Scanner), so what was
/// accepted can be read. Should one be unreadable all the same, no filter that looked into it
/// holds, whatever it says: `not` of what can't be read never means that the event is delivered.
bool Holds(const model::Filter& filter, EventView& event);

}  // namespace carillon::routing
