#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "carillon/json/number.h"
#include "carillon/model/resource_labels.h"

namespace carillon::model {

/// A JSON scalar to compare with. Numbers compare by value, exactly: 1 is 1.0 and 10e-1; a string
/// never equals a number.
using Scalar = std::variant<std::string, json::Number, bool>;

/// A condition on an event, as a tree. `kTrue` holds always.
struct Filter {
  enum class Kind : uint8_t { kTrue, kAll, kAny, kNot, kTest };
  enum class Subject : uint8_t { kAttribute, kPayload };
  enum class Test : uint8_t { kEquals, kOneOf, kPrefix, kExists, kAbsent };

  Kind kind = Kind::kTrue;
  std::vector<Filter> children;  ///< of kAll, kAny; one of kNot

  // of kTest:
  Subject subject = Subject::kAttribute;
  std::vector<std::string> path;  ///< one attribute key, or member names leading into the payload
  Test test = Test::kEquals;
  std::vector<Scalar> values;  ///< one for kEquals and kPrefix, any number for kOneOf

  friend bool operator==(const Filter&, const Filter&) = default;
};

/// Which event types go to which destinations, validated. A value.
struct Subscription {
  std::string tenant;
  std::string name;
  std::vector<std::string> types;         ///< exact, `session.*` or `*`
  std::vector<std::string> destinations;  ///< names, of the same tenant
  Filter filter;
  bool disabled = false;  ///< matches nothing
  std::string display_name;
  std::string description;
  Labels labels;
  Labels annotations;
  friend bool operator==(const Subscription&, const Subscription&) = default;
};

}  // namespace carillon::model
