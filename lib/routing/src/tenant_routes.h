#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "route_list.h"

namespace carillon::routing {

/// The routes of one tenant. Filled by `Add`, then `Resolve`d once, then only read.
class TenantRoutes {
 public:
  /// `pattern`: an exact type, `session.*` or `*`.
  void Add(const std::string& pattern, Wish wish) { by_pattern_[pattern].push_back(wish); }

  /// Works out the routes of the catalog's types (`types`, sorted; the index is the type's id)
  /// so that they are looked up. Takes what it needs from `budget`, a number of routes; when that
  /// does not suffice, types other than those only `*` matches stay to be matched at run time.
  void Resolve(std::span<const std::string> types, size_t& budget);

  /// The routes of the catalog's type `id`; null when they are to be matched (`Find`).
  const RouteList* Lookup(uint32_t id) const;

  /// The routes of any type, by matching patterns.
  RouteList Find(std::string_view type) const;

 private:
  std::vector<uint32_t> TypesInPatterns(std::span<const std::string> types) const;

  absl::flat_hash_map<std::string, std::vector<Wish>> by_pattern_;
  absl::flat_hash_map<uint32_t, uint32_t>
      by_type_;                   ///< types that more than `*` matches; of lists_
  std::vector<RouteList> lists_;  ///< types of one pattern share one
  RouteList all_;                 ///< of `*`
  bool resolved_ = false;
};

}  // namespace carillon::routing
