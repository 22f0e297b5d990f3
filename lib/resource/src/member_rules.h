#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <chrono>
#include <cstdint>
#include <string_view>

#include "carillon/resource/name.h"
#include "carillon/resource/path.h"

namespace carillon::resource {

std::chrono::milliseconds Millis(const google::protobuf::Duration& duration);

// Names. All are non-empty.
bool IsDestinationName(std::string_view s);  ///< at most 63 of [a-z0-9-], no - at either end
bool IsLabel(std::string_view s);            ///< at most 63 of [a-z0-9-]
bool IsTenant(std::string_view s);  ///< at most 128 of [A-Za-z0-9_.-], neither `-` nor `.` nor `..`
bool IsTypeName(std::string_view s);  ///< at most 128 of [a-z0-9_.-], no empty part between dots
bool IsAttributeKey(std::string_view s);  ///< at most 64 of [A-Za-z0-9_.-]

/// Whether `s` has only the characters of a URI reference (RFC 3986), each % with two hex digits.
bool IsUriReference(std::string_view s);

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
