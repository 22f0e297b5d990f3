#pragma once

#include <span>
#include <string>
#include <string_view>

#include "carillon/model/destination.h"
#include "carillon/model/event.h"

namespace carillon::codec {

/// The body of a request that carries `events` (one or more, in order) in `format`. The formats
/// that `IsBatchFormat` names hold any number. The others hold one: whoever has more of them sends
/// them one by one, and what this gives for another number is a JSON array of the bodies that each
/// would have had. The bytes are those nlohmann::ordered_json would dump. `source`: for
/// CloudEvents, see cloud_event.h; the headers of kCloudEventsBinary are there too.
std::string EncodeBody(model::Format format, std::span<const model::Event* const> events,
                       std::string_view source = {});

/// Whether the body differs from one `source` to another.
bool HasSource(model::Format format);

/// Whether a request of this format can carry several events.
bool IsBatchFormat(model::Format format);

/// The value of Content-Type.
std::string_view ContentType(model::Format format);

}  // namespace carillon::codec
