#pragma once

#include <string_view>

#include "carillon/resource/path.h"
#include "carillon/schema/event_type.h"
#include "carillon/v1/event_type.pb.h"

namespace carillon::resource {

/// What names of event types begin with, where they are those of resources.
inline constexpr std::string_view kEventTypes = "eventTypes/";

/// The last part of a name, which may stand alone: `order.paid` of `eventTypes/order.paid`.
std::string_view EventTypeId(std::string_view name);

/// Validates one event type, and makes its sample where it has a schema and none is given. `types`
/// reads descriptor sets. What is wrong is added to `errors`: then the value must not be used.
schema::EventType ReadEventType(const v1::EventType& given, schema::MessageTypes& types,
                                const Path& path, Errors& errors);

/// The way back, with the whole name.
v1::EventType ToMessage(const schema::EventType& from);

}  // namespace carillon::resource
