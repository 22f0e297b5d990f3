#pragma once

#include <optional>

#include "carillon/schema/message_json.h"
#include "json_tree.h"
#include "subschema.h"

namespace carillon::schema {

/// The first thing that is wrong with a payload; nullopt: nothing. Within the bounds of
/// json_schema.h.
std::optional<Problem> CheckTree(const Subschema& schema, const JsonTree& payload);

}  // namespace carillon::schema
