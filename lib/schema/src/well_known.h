#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "carillon/schema/message_json.h"

namespace carillon::schema {

/// Messages that JSON has a form of its own for.
enum class WellKnown {
  kNone,
  kWrapper,  ///< `Int64Value` and the like
  kStruct,
  kListValue,
  kValue,
  kTimestamp,
  kDuration,
  kFieldMask,
};

WellKnown WellKnownOf(const google::protobuf::Descriptor& type);

/// Appends a Timestamp, Duration or FieldMask.
std::optional<Problem> AppendWellKnown(const google::protobuf::Message& message, std::string& out);

/// The entries of a map in the order of their keys, texts by their bytes, and each key as text.
std::vector<std::pair<std::string, const google::protobuf::Message*>> SortedEntries(
    const google::protobuf::Message& message, const google::protobuf::FieldDescriptor& map);

}  // namespace carillon::schema
