#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/json/scanner.h"

namespace carillon::json {

/// One member of an object, as it is written.
struct RawMember {
  std::string name;        ///< decoded
  std::string_view value;  ///< as it is written, white space within it included
};

/// The members of the object `json` in order, repetitions kept; replaces the contents of `out`. An
/// error also when `json` is JSON but no object. `max_depth`: as for the Scanner.
std::optional<Error> ReadMembers(std::string_view json, size_t max_depth,
                                 std::vector<RawMember>& out);

/// What the string `value` stands for; nothing when it is not a string of JSON.
std::optional<std::string> DecodeString(std::string_view value);

}  // namespace carillon::json
