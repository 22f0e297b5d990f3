#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "carillon/base/clock.h"
#include "carillon/model/event.h"
#include "carillon/schema/event_type.h"
#include "carillon/v1/event.pb.h"
#include "place.h"

namespace carillon::ingest {

/// What a payload is turned into: JSON at the end of the event's record.
class Encoding {
 public:
  /// `parts` but for its type and payload are complete when a payload is encoded. `most_bytes`: of
  /// a payload's JSON that are reserved at once. The arguments outlive it.
  Encoding(model::Event::Parts& parts, model::Event::Builder& builder, size_t most_bytes)
      : parts_(parts), builder_(builder), most_bytes_(most_bytes) {}

  /// `type`: as the publisher gave it, maybe empty. `registered`: what is known of it beside its
  /// name, may be null; outlives the payload's encoding.
  void Reset(std::string_view type, const schema::EventType* registered) {
    type_ = type;
    registered_ = registered;
  }
  const schema::EventType* registered() const { return registered_; }
  /// Comes in as the publisher gave it, and goes out as the payload settles it.
  std::string& type() { return type_; }
  base::WallTime occurred_at() const { return parts_.occurred_at; }
  /// Begins the record, now that the type is settled, and returns where the JSON is to be appended:
  /// about `expected` bytes.
  std::string& Json(size_t expected) {
    parts_.type = type_;
    return builder_.Begin(parts_, std::min(expected, most_bytes_));
  }

 private:
  model::Event::Parts& parts_;
  model::Event::Builder& builder_;
  const size_t most_bytes_;
  std::string type_;
  const schema::EventType* registered_ = nullptr;
};

// Check one payload against its bounds and its event's type, and write its JSON. `place` is the
// payload's own. INVALID_ARGUMENT names the field.
absl::Status EncodePayload(const v1::SessionEvent& session, Place place, Encoding& encoding);
absl::Status EncodePayload(const v1::SyncRunCompleted& run, Place place, Encoding& encoding);
absl::Status EncodePayload(const v1::InsightPopulated& run, Place place, Encoding& encoding);
absl::Status EncodePayload(const v1::ListEvent& list, Place place, Encoding& encoding);
absl::Status EncodePayload(const v1::ContactEvent& contact, Place place, Encoding& encoding);
/// Unpacks one of the five messages above and treats it alike, or the message that is registered
/// for the event's type.
absl::Status EncodePayload(const google::protobuf::Any& any, Place place, Encoding& encoding);
/// JSON bytes; the type must have been given.
absl::Status EncodePayload(std::string_view json, Place place, Encoding& encoding);
/// JSON as protobuf's own values, likewise.
absl::Status EncodePayload(const google::protobuf::Value& data, Place place, Encoding& encoding);

}  // namespace carillon::ingest
