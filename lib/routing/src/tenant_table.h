#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carillon/routing/routing_table.h"
#include "tenant_routes.h"

namespace carillon::routing {

/// What a table knows of one tenant. Immutable once compiled.
class TenantTable {
 public:
  /// A destination's name and place.
  using Named = std::pair<std::string_view, uint32_t>;

  /// `destinations`: those of the tenant in the table. `types` as those of TenantRoutes::Resolve,
  /// `budget`: what all tenants have left.
  TenantTable(std::vector<Named> destinations, std::vector<SubscriptionPtr> subscriptions,
              std::span<const std::string> types, size_t budget);

  /// Ascending.
  const std::vector<uint32_t>& places() const { return places_; }
  const std::vector<SubscriptionPtr>& subscriptions() const { return subscriptions_; }
  const TenantRoutes& routes() const { return routes_; }
  const model::Filter& filter(uint32_t index) const { return *filters_[index]; }
  /// What its routes take of the budget.
  size_t cost() const { return cost_; }
  /// See RoutingTable::IsSubscribed.
  bool IsSubscribed(std::string_view type) const;

 private:
  void Add(const model::Subscription& subscription, std::span<const Named> destinations);

  std::vector<uint32_t> places_;
  std::vector<SubscriptionPtr> subscriptions_;  // the filters are theirs
  std::vector<const model::Filter*> filters_;
  std::vector<std::string_view> operational_;  // of model::kOperationalTypes
  TenantRoutes routes_;
  size_t cost_ = 0;
};

}  // namespace carillon::routing
