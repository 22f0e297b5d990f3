#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "place.h"

namespace carillon::ingest {

/// How many fields an event, or the message in its `any`, may have in its wire form: those of its
/// messages and of the entries of its maps counted with it, unknown ones too, and repeated ones
/// each time. An event with all it may have, every attribute included, has less than 150.
inline constexpr size_t kMaxFields = 1024;

/// And those of its `data`, which are not among them: some four for a member of an object.
inline constexpr size_t kMaxDataFields = 16 * 1024;

/// And those of a message that somebody has registered.
inline constexpr size_t kMaxRegisteredFields = 16 * 1024;

/// Refuses what has more fields, before protobuf makes an object of each: 16 MiB hold four million
/// attributes or eight million unknown fields; `max_fields` are not more than kMaxDataFields.
/// INVALID_ARGUMENT names `attributes` or `data` when it is they that are too many, else `place`.
/// Allocates nothing; looks at no more than kMaxFields fields and kMaxDataFields of `data`, and at
/// none of the small messages that can't have so many. What is malformed is left to the parser.
absl::Status CheckFieldCount(const google::protobuf::Descriptor& type, std::string_view bytes,
                             Place place, size_t max_fields = kMaxFields);

}  // namespace carillon::ingest
