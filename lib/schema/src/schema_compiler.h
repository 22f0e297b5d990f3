#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "json_tree.h"
#include "subschema.h"

namespace carillon::schema {

struct CompiledSchema {
  std::vector<std::unique_ptr<Subschema>> all;
  const Subschema* root = nullptr;
};

/// INVALID_ARGUMENT: it is no schema, has a keyword that is not taken, or is over a bound of
/// json_schema.h. The text begins with a JSON pointer, `at /properties/a: `.
absl::StatusOr<CompiledSchema> CompileSchema(const JsonTree& tree);

}  // namespace carillon::schema
