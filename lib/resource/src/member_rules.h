#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <chrono>
#include <cstdint>
#include <string_view>

#include "carillon/resource/name.h"
#include "carillon/resource/path.h"

namespace carillon::resource {

/// Bounds and default of a number; `is_size`: errors show it as bytes.
struct NumberRule {
  const char* member;
  uint64_t min;
  uint64_t max;
  uint64_t fallback;
  bool is_size = false;
};

/// Bounds and default of a duration.
struct DurationRule {
  const char* member;
  std::chrono::milliseconds min;
  std::chrono::milliseconds max;
  std::chrono::milliseconds fallback;
};

/// Sets the member (an `optional` uint32 or uint64) to its default when it was left out; otherwise
/// checks it. `path` is the message's.
void Apply(const NumberRule& rule, google::protobuf::Message& message, const Path& path,
           Errors& errors);
void Apply(const DurationRule& rule, google::protobuf::Message& message, const Path& path,
           Errors& errors);

std::chrono::milliseconds Millis(const google::protobuf::Duration& duration);

/// Adds an error when `value` is not within [min, max].
void CheckDuration(std::chrono::milliseconds value, std::chrono::milliseconds min,
                   std::chrono::milliseconds max, const Path& path, Errors& errors);

/// The same for a number that may have a fraction; NaN is never within.
void CheckRange(double value, double min, double max, const Path& path, Errors& errors);

// Names. All are non-empty.
bool IsDestinationName(std::string_view s);  ///< at most 63 of [a-z0-9-], no - at either end
bool IsLabel(std::string_view s);            ///< at most 63 of [a-z0-9-]
bool IsTenant(std::string_view s);  ///< at most 128 of [A-Za-z0-9_.-], neither `-` nor `.` nor `..`
bool IsTypeName(std::string_view s);  ///< at most 128 of [a-z0-9_.-], no empty part between dots
bool IsAttributeKey(std::string_view s);  ///< at most 64 of [A-Za-z0-9_.-]

/// Whether `s` has only the characters of a URI reference (RFC 3986), each % with two hex digits.
bool IsUriReference(std::string_view s);

void CheckDescription(std::string_view text, const Path& path, Errors& errors);

void CheckDisplayName(std::string_view text, const Path& path, Errors& errors);

/// What the names of one kind of a tenant's resources are.
struct NameRule {
  std::string_view collection;  ///< `destinations`
  bool (*is_id)(std::string_view);
  const char* says;  ///< what the last part must be
};

/// The rules of destinations and of subscriptions.
extern const NameRule kDestinationNames;
extern const NameRule kSubscriptionNames;

/// Returns tenant and id, views into `given`; both empty, with an error, when it is no such name.
NameParts ReadName(std::string_view given, const NameRule& rule, const Path& path, Errors& errors);

}  // namespace carillon::resource
