#include "tenant_routes.h"

#include <algorithm>
#include <utility>

#include "carillon/base/text.h"
#include "carillon/model/operational.h"

namespace carillon::routing {

void TenantRoutes::Resolve(std::span<const std::string> types, size_t& budget) {
  if (const auto it = by_pattern_.find("*"); it != by_pattern_.end()) {
    all_ = RouteList::Unite(it->second);
  }
  const size_t before = budget;
  const std::vector<uint32_t> ids = TypesInPatterns(types);
  by_type_.reserve(ids.size());
  for (const uint32_t id : ids) {
    RouteList list = Find(types[id]);
    const size_t cost = 1 + list.routes().size();
    if (cost > budget) {
      by_type_.clear();
      lists_.clear();
      budget = before;
      return;
    }
    budget -= cost;
    // Those of one pattern follow one another.
    if (lists_.empty() || lists_.back() != list) lists_.push_back(std::move(list));
    by_type_.emplace(id, static_cast<uint32_t>(lists_.size() - 1));
  }
  lists_.shrink_to_fit();
  resolved_ = true;
}

std::vector<uint32_t> TenantRoutes::TypesInPatterns(std::span<const std::string> types) const {
  std::vector<uint32_t> ids;
  for (const auto& [pattern, wishes] : by_pattern_) {
    if (pattern == "*") continue;
    const bool exact = !pattern.ends_with(".*");
    const std::string_view begin(pattern.data(), pattern.size() - (exact ? 0 : 1));
    for (auto it = std::ranges::lower_bound(
             types, begin, {}, [](const std::string& s) { return std::string_view(s); });
         it != types.end() && (exact ? *it == begin : it->starts_with(begin)); ++it) {
      ids.push_back(static_cast<uint32_t>(it - types.begin()));
    }
  }
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  return ids;
}

const RouteList* TenantRoutes::Lookup(uint32_t id) const {
  if (!resolved_) return nullptr;
  const auto it = by_type_.find(id);
  return it == by_type_.end() ? &all_ : &lists_[it->second];
}

RouteList TenantRoutes::Find(std::string_view type) const {
  std::vector<Wish> wishes;
  const auto take = [&](std::string_view pattern) {
    const auto it = by_pattern_.find(base::ToAbsl(pattern));
    if (it != by_pattern_.end()) wishes.insert(wishes.end(), it->second.begin(), it->second.end());
  };
  if (!model::IsOperational(type)) take("*");
  take(type);
  std::string prefix;
  for (size_t dot = type.find('.'); dot != type.npos; dot = type.find('.', dot + 1)) {
    prefix.assign(type.substr(0, dot + 1)).push_back('*');
    take(prefix);
  }
  return RouteList::Unite(std::move(wishes));
}

}  // namespace carillon::routing
