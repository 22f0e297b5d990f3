#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "subschema.h"

namespace carillon::schema {

/// A `$ref` whose schema is not known yet.
struct PendingRef {
  Subschema* from;
  std::string text;
  std::string where;  ///< a JSON pointer
};

/// A name as a part of a JSON pointer.
std::string EscapePointer(std::string_view name);
/// A text as JSON has it.
std::string Quoted(std::string_view text);

/// Lets each lead to the schema it means. INVALID_ARGUMENT: there is none, or it is elsewhere.
absl::Status ResolveRefs(const std::vector<PendingRef>& refs,
                         const std::map<std::string, const Subschema*>& by_pointer);

/// Whether no schema leads to itself at the same value, nor through more than kMaxChain others.
absl::Status CheckChains(const Subschema& root);

}  // namespace carillon::schema
