#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "carillon/base/clock.h"

// The members that all resources have, by their names (`uid`, `etag`, `revision`). What a message
// has no such member of is passed over.
namespace carillon::control {

/// A new uid (UUIDv7).
std::string NewUid(base::WallTime now);

void SetText(google::protobuf::Message& message, std::string_view member, const std::string& text);
std::string GetText(const google::protobuf::Message& message, std::string_view member);
void SetTime(google::protobuf::Message& message, std::string_view member, base::WallTime time);
/// Of a member int64.
void SetNumber(google::protobuf::Message& message, std::string_view member, int64_t number);
/// Of `origin`: its kind, by the number of an Origin.Kind.
void SetOrigin(google::protobuf::Message& message, int kind);
/// The number of its Origin.Kind; 0 where it has none.
int OriginOf(const google::protobuf::Message& message);
void ClearMember(google::protobuf::Message& message, std::string_view member);

}  // namespace carillon::control
