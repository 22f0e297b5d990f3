#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "carillon/aip/field_path.h"

namespace carillon::aip {

/// A value as it stands in a filter.
struct Literal {
  std::string text;     ///< of a string: what is within the quotes, escapes resolved
  bool quoted = false;  ///< it is a string
  bool prefix = false;  ///< a string that ended in `*`
  size_t position = 0;
};

/// Whether values of the field, or of its elements or keys, are texts, and whether they have an
/// order beyond equality.
bool IsText(const FieldPath& path);
bool IsOrdered(const FieldPath& path);

/// The literal as a value of the field's type; of a map without a key, of its keys.
/// INVALID_ARGUMENT says what is expected.
absl::StatusOr<Value> ReadLiteral(const FieldPath& path, const Literal& literal);

}  // namespace carillon::aip
