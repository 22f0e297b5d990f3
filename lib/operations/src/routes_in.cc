#include "carillon/operations/routes_in.h"

#include <algorithm>

namespace carillon::operations {
namespace {

/// Null: the snapshot has nothing of the tenant.
const resource::TenantResources* FindTenant(const resource::Snapshot& snapshot,
                                            const std::string& tenant) {
  const auto found = std::ranges::lower_bound(
      snapshot.tenants, tenant, {}, [](const resource::TenantPtr& each) { return each->tenant; });
  return found != snapshot.tenants.end() && (*found)->tenant == tenant ? found->get() : nullptr;
}

}  // namespace

std::shared_ptr<const routing::RoutingTable> RoutesIn(
    const std::vector<const resource::Source*>& sources, const std::string& tenant,
    const std::string& destination) {
  std::vector<model::Destination> destinations;
  std::vector<model::Subscription> subscriptions;
  for (const resource::Source* const source : sources) {
    const resource::SnapshotPtr snapshot = source->current();
    const resource::TenantResources* const found = FindTenant(*snapshot, tenant);
    if (found == nullptr) continue;
    for (const auto& each : found->destinations) {
      if (each.value->name == destination) destinations.push_back(*each.value);
    }
    for (const auto& each : found->subscriptions) {
      const bool leads_there = std::ranges::count(each.value->destinations, destination) > 0;
      if (leads_there) subscriptions.push_back(*each.value);
    }
  }
  if (destinations.empty()) return nullptr;
  return routing::RoutingTable::Compile(std::move(destinations), subscriptions, {});
}

std::vector<std::string> DestinationsIn(const std::vector<const resource::Source*>& sources,
                                        const std::string& tenant) {
  std::vector<std::string> names;
  for (const resource::Source* const source : sources) {
    const resource::SnapshotPtr snapshot = source->current();
    const resource::TenantResources* const found = FindTenant(*snapshot, tenant);
    if (found == nullptr) continue;
    for (const auto& each : found->destinations) names.push_back(each.value->name);
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace carillon::operations
