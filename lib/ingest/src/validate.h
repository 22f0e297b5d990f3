#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "carillon/base/clock.h"
#include "carillon/ingest/ingest.h"
#include "carillon/v1/event.pb.h"
#include "place.h"

// The bounds that event.proto names. Every function answers OK or INVALID_ARGUMENT with the path of
// the field, what it must be and what it was. Strings were seen to be UTF-8 by protobuf.
namespace carillon::ingest {

/// 1-128 characters of [A-Za-z0-9_-].
absl::Status CheckId(std::string_view id, Place event);
/// 1-128 characters of [A-Za-z0-9_.-].
absl::Status CheckTenant(std::string_view tenant, Place event);
/// 1-128 characters of [a-z0-9_.-], in the catalog, neither operational nor archived.
/// `registered`: what the catalog has of it, null where that is its name alone.
absl::Status CheckType(std::string_view type, const Catalog& catalog, Place event,
                       const schema::EventType*& registered);
/// `min`-`max` bytes.
absl::Status CheckText(std::string_view text, size_t min, size_t max, Place place,
                       std::string_view field);
inline constexpr size_t kMaxAttributes = 32;

/// At most kMaxAttributes, keys of 1-64 characters of [A-Za-z0-9_.-], values of at most 1024 bytes.
/// Appends them to `out` ordered by key: the map's own order is left to chance.
absl::Status TakeAttributes(const v1::Event& event, Place place,
                            std::vector<model::Event::Attribute>& out);
/// From the year 2000 to 24 hours after `now`.
absl::Status TakeOccurTime(const google::protobuf::Timestamp& time, base::WallTime now, Place event,
                           base::WallTime& out);
/// What a google.protobuf.Timestamp may hold: years 1 to 9999, nanoseconds 0 to 999999999.
absl::Status CheckTimestamp(const google::protobuf::Timestamp& time, Place place,
                            std::string_view field);

}  // namespace carillon::ingest
