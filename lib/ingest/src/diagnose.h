#pragma once

#include <string>
#include <string_view>

#include "google/protobuf/descriptor.h"

namespace carillon::ingest {

/// Says why `bytes` are not a message of this type, as protobuf itself does not:
/// `events[3].session.location: not valid UTF-8 at byte 5`, where `path` is `events[3]`. Off the
/// hot path: called only for what failed to parse.
std::string Diagnose(const google::protobuf::Descriptor& type, std::string_view bytes,
                     const std::string& path);

}  // namespace carillon::ingest
