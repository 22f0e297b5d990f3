#include "carillon/access/principal.h"

#include <algorithm>

#include "carillon/access/event_type_patterns.h"

namespace carillon::access {

bool Principal::MayEnter(std::string_view tenant) const {
  return all_tenants || std::ranges::binary_search(tenants, tenant, std::ranges::less());
}

bool Principal::MayPublishType(std::string_view type) const {
  return event_types.empty() || std::ranges::any_of(event_types, [&](std::string_view pattern) {
           return MatchesType(pattern, type);
         });
}

}  // namespace carillon::access
