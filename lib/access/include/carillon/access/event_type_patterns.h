#pragma once

#include <string_view>

namespace carillon::access {

/// The patterns of event types: an exact type, `order.*` (whatever begins with `order.`) or `*`.

/// Whether `pattern` can be one: its letters are those of an event type, `*` stands at the end and
/// behind a dot, and it has at most 128 bytes.
bool IsTypePattern(std::string_view pattern);
/// Whether the event type is one of the pattern's.
bool MatchesType(std::string_view pattern, std::string_view type);
/// Whether each type that `inner` matches is one of `outer`'s.
bool CoversPattern(std::string_view outer, std::string_view inner);

}  // namespace carillon::access
