#include "carillon/resource/difference.h"

#include <utility>

namespace carillon::resource {
namespace {

template <typename T>
bool SameResource(const Revised<T>& a, const Revised<T>& b) {
  if (a.value == b.value) return true;
  // Two sources may have given the same revision to different things of one name.
  return a.revision == b.revision && *a.value == *b.value;
}

/// Goes through two sorted lists; `none` stands for what one of them lacks.
template <typename T, typename Added, typename Changed, typename Removed>
void MergeWalk(const std::vector<Revised<T>>& before, const std::vector<Revised<T>>& after,
               Added added, Changed changed, Removed removed) {
  auto a = before.begin();
  auto b = after.begin();
  while (a != before.end() || b != after.end()) {
    const int order = a == before.end()      ? 1
                      : b == after.end()     ? -1
                      : a->value == b->value ? 0
                                             : a->value->name.compare(b->value->name);
    if (order > 0) {
      added(*b++);
    } else if (order < 0) {
      removed(*a++);
    } else {
      if (!SameResource(*a, *b)) changed(*b);
      ++a, ++b;
    }
  }
}

/// Adds what is different in one tenant; either may be null.
void CompareTenant(const TenantPtr& before, const TenantPtr& after, Difference& difference) {
  static const TenantResources kNothing;
  const TenantResources& a = before == nullptr ? kNothing : *before;
  const TenantResources& b = after == nullptr ? kNothing : *after;
  difference.compared += a.destinations.size() + b.destinations.size() + a.subscriptions.size() +
                         b.subscriptions.size();
  MergeWalk(
      a.destinations, b.destinations,
      [&](const auto& destination) { difference.added.push_back(destination.value); },
      [&](const auto& destination) { difference.changed.push_back(destination.value); },
      [&](const auto& destination) {
        difference.removed.push_back({destination.value->tenant, destination.value->name});
      });
  bool other = false;
  const auto note = [&other](const auto&) { other = true; };
  MergeWalk(a.subscriptions, b.subscriptions, note, note, note);
  if (!other) return;
  difference.subscriptions.push_back({before != nullptr ? a.tenant : b.tenant, after});
}

}  // namespace

Difference Compare(const Snapshot& before, const Snapshot& after) {
  Difference difference;
  difference.types = before.types != after.types && *before.types != *after.types;
  ForEachOtherTenant(&before, after, [&](const TenantPtr& a, const TenantPtr& b) {
    CompareTenant(a, b, difference);
  });
  return difference;
}

}  // namespace carillon::resource
