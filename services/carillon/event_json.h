#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace carillon::cli {

/// An event in its wire form, its id kept apart so that it can be given later.
struct EncodedEvent {
  std::string id;    ///< empty when it has none yet
  std::string rest;  ///< the other fields of carillon.v1.Event
};

/// Reads an event from protobuf's JSON form of carillon.v1.Event; but the value of `json` is the
/// payload itself, any JSON, not base64. The common members are read by hand (about a
/// microsecond); a line with others goes through protobuf's own reader.
/// INVALID_ARGUMENT says what cannot be read and where.
absl::Status ReadEvent(std::string_view text, EncodedEvent& out);

/// Appends a Timestamp field for an RFC 3339 time. Returns false when it is none.
bool AppendTime(std::string& out, int field, std::string_view rfc3339);

}  // namespace carillon::cli
