#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/resource/snapshot.h"

namespace carillon::resource {

/// What is different in a snapshot from the one before it, by (tenant, name, revision).
struct Difference {
  struct Name {
    std::string tenant;
    std::string name;
  };
  std::vector<std::shared_ptr<const model::Destination>> added;
  std::vector<std::shared_ptr<const model::Destination>> changed;
  std::vector<Name> removed;
  /// Tenants with other subscriptions than before; null: it has none any more.
  struct Subscriptions {
    std::string tenant;
    TenantPtr now;
  };
  std::vector<Subscriptions> subscriptions;
  bool types = false;
  size_t compared = 0;  ///< resources that were looked at
};

/// Goes through the tenants that two snapshots do not share, by name: `visit(before, after)`, of
/// which one is null where the tenant is in one of them only. `before` may be null: it has none.
/// Takes a nanosecond for each tenant that is shared.
template <typename Visit>
void ForEachOtherTenant(const Snapshot* before, const Snapshot& after, Visit visit) {
  static const std::vector<TenantPtr> kNone;
  const std::vector<TenantPtr>& old = before == nullptr ? kNone : before->tenants;
  auto a = old.begin();
  auto b = after.tenants.begin();
  while (a != old.end() || b != after.tenants.end()) {
    if (a != old.end() && b != after.tenants.end() && *a == *b) {
      ++a, ++b;
      continue;
    }
    const int order = a == old.end()             ? 1
                      : b == after.tenants.end() ? -1
                                                 : (*a)->tenant.compare((*b)->tenant);
    visit(order <= 0 ? *a : TenantPtr(), order >= 0 ? *b : TenantPtr());
    if (order <= 0) ++a;
    if (order >= 0) ++b;
  }
}

/// Takes time for the number of tenants (a nanosecond each that is shared) and, of those that are
/// different, of their resources.
Difference Compare(const Snapshot& before, const Snapshot& after);

}  // namespace carillon::resource
