#pragma once

#include <span>
#include <string>
#include <string_view>

#include "carillon/model/destination.h"
#include "carillon/model/event.h"

namespace carillon::codec {

/// The body of a request that carries `events` (one or more, in order) in `format`. The formats
/// that `IsBatchFormat` names hold any number; the others exactly one (more ends the process: the
/// lane batches only formats that are arrays). The bytes are those nlohmann::ordered_json would
/// dump. `source`: for CloudEvents, see cloud_event.h; the headers of kCloudEventsBinary are there
/// too.
std::string EncodeBody(model::Format format, std::span<const model::Event* const> events,
                       std::string_view source = {});

/// Whether the body differs from one `source` to another.
bool HasSource(model::Format format);

/// Whether a request of this format can carry several events.
bool IsBatchFormat(model::Format format);

/// The value of Content-Type.
std::string_view ContentType(model::Format format);

}  // namespace carillon::codec
