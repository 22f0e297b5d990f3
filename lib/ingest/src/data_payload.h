#pragma once

#include <google/protobuf/struct.pb.h>

#include <cstddef>
#include <optional>
#include <string>

namespace carillon::ingest {

/// Arrays and objects of an event's `data` may be nested so deep, in all. That is the most that
/// protobuf reads, which counts three messages for one object.
inline constexpr size_t kMaxDataDepth = 32;

/// Where in a value something is wrong, and what: `.total: must be a finite number`.
struct DataProblem {
  std::string path;  ///< from the value on: empty, `.order.items[2]`
  std::string what;
};

/// Appends the value as JSON: the members of objects in the order of their names' bytes, whole
/// numbers without a fraction. A number of 2^53 or more, either sign, is a problem: whoever sent it
/// may have meant one of several, as doubles are no longer exact. After a problem, what was
/// appended means nothing.
std::optional<DataProblem> WriteData(const google::protobuf::Value& value, std::string& out);

}  // namespace carillon::ingest
