#pragma once

#include <string>

#include "absl/status/status.h"
#include "carillon/base/clock.h"
#include "carillon/v1/event.pb.h"
#include "place.h"

namespace carillon::ingest {

/// What a payload is turned into. `type` comes in as the publisher gave it, maybe empty, and goes
/// out as the payload settles it.
struct Encoding {
  std::string type;
  base::WallTime occurred_at;
  std::string json;  ///< appended to
};

// Check one payload against its bounds and its event's type, and write its JSON. `place` is the
// payload's own. INVALID_ARGUMENT names the field.
absl::Status EncodePayload(const v1::SessionEvent& session, Place place, Encoding& encoding);
absl::Status EncodePayload(const v1::SyncRunCompleted& run, Place place, Encoding& encoding);
absl::Status EncodePayload(const v1::InsightPopulated& run, Place place, Encoding& encoding);
absl::Status EncodePayload(const v1::ListEvent& list, Place place, Encoding& encoding);
absl::Status EncodePayload(const v1::ContactEvent& contact, Place place, Encoding& encoding);
/// Unpacks one of the five messages above and treats it alike.
absl::Status EncodePayload(const google::protobuf::Any& any, Place place, Encoding& encoding);
/// JSON bytes; the type must have been given.
absl::Status EncodePayload(const std::string& json, Place place, Encoding& encoding);

}  // namespace carillon::ingest
