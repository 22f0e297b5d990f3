#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/aip/field_path.h"

// Filters of lists: a subset of AIP-160.
//
//   filter      = expression | "*" ;          (* "*" only where the collection allows it *)
//   expression  = factor { "AND" factor } ;
//   factor      = term { "OR" term } ;        (* OR binds tighter *)
//   term        = [ "NOT" | "-" ] ( restriction | "(" expression ")" ) ;
//   restriction = path ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value | path ":" ( value | "*" ) ;
//   path        = name { "." ( name | string ) } ;
//   value       = string | number | duration | RFC 3339 time | ENUM_VALUE | "true" | "false" ;
//
// A string stands in double or single quotes; a backslash takes the next character as it is. A `*`
// at its end, without a backslash, stands for any rest. Times may stand in quotes or without.
//
// `a.b = x` does not hold where `a`, or `b` if it has presence, is unset, nor does `a.b != x`.
// `list : x`: one of the list is x. `map : k`: it has the key; `map.k = v`. `path : *`: it is set,
// not empty, not 0. Strings are compared byte by byte.
namespace carillon::aip {

/// By what a collection can be filtered. The descriptor outlives it.
struct FilterFields {
  const google::protobuf::Descriptor& type;
  /// Paths in snake_case. Of a map: its elements, too.
  std::vector<std::string> paths;
  bool all = false;  ///< `*` stands for everything; an empty filter is refused instead (AIP-165)
};

/// One comparison. A value.
struct Restriction {
  enum class Op { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kHas, kPresent };
  FieldPath path;
  Op op = Op::kEqual;
  Value value;          ///< of the field's type; unset with kPresent
  bool prefix = false;  ///< `value` is how the text begins
};

struct FilterNode;

/// A filter that was parsed. Immutable; copies share.
class Filter {
 public:
  static constexpr size_t kMaxBytes = 2048;
  static constexpr size_t kMaxRestrictions = 64;
  static constexpr size_t kMaxDepth = 8;  ///< of parentheses

  /// FILTER_INVALID about the field `filter`, with `position` (a byte of `text`, from 0 on) in its
  /// metadata, or FIELD_INVALID where it is required and empty. An empty one matches everything.
  static absl::StatusOr<Filter> Parse(std::string_view text, const FilterFields& fields);

  bool Matches(const google::protobuf::Message& message) const;
  /// Restrictions that each match fulfills, for who looks in an index: those that nothing but AND
  /// binds.
  std::vector<const Restriction*> Required() const;
  /// It lets everything pass.
  bool empty() const { return root_ == nullptr; }

 private:
  std::shared_ptr<const FilterNode> root_;  // null: everything
};

}  // namespace carillon::aip
