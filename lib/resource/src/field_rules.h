#pragma once

#include <google/protobuf/message.h>

#include <chrono>
#include <optional>
#include <string>

#include "carillon/resource/path.h"

namespace carillon::resource {

/// What the option `rule` says of a field, in its own unit: bytes, milliseconds of a duration, else
/// the number itself.
struct FieldRule {
  const google::protobuf::FieldDescriptor* field;
  std::optional<double> fallback;
  std::optional<double> min;
  std::optional<double> max;
  bool or_zero = false;
  std::string text;  ///< a string's default
  size_t max_bytes = 0;
  int max_items = 0;
};

/// The rule of a field; one without bounds when it has none. Ends the process when the option makes
/// no sense, which a test looks for.
FieldRule RuleOf(const google::protobuf::FieldDescriptor& field);

/// Fills the defaults of the message's own fields in, and checks those that are given, and the
/// number of elements of its lists; by the option `rule` of each. Not of messages within it, but
/// for durations in a list. A default that depends on another field is set before. `path` is the
/// message's.
void ApplyRules(google::protobuf::Message& message, const Path& path, Errors& errors);

/// The same without defaults, for a message that is kept as it is.
void CheckRules(const google::protobuf::Message& message, const Path& path, Errors& errors);

/// A bound or default as people read it: `1 MiB`, `5m`, `65536`.
std::string Shown(double value, const google::protobuf::FieldDescriptor& field);

}  // namespace carillon::resource
