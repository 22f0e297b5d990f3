#include "carillon/routing/routing_table.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "carillon/base/text.h"
#include "carillon/model/operational.h"
#include "event_view.h"
#include "filter.h"
#include "route_list.h"
#include "tenant_routes.h"

namespace carillon::routing {
namespace {

/// Routes kept for look-up, in all: what bounds the memory of a table whose tenants have many
/// patterns and many types.
constexpr size_t kMaxResolvedRoutes = 2'000'000;

class Table final : public RoutingTable {
 public:
  Table(std::vector<model::Destination> destinations,
        std::span<const model::Subscription> subscriptions, std::span<const std::string> types);

  std::span<const model::Destination> destinations() const override { return destinations_; }
  void Match(const model::Event& event, std::vector<uint32_t>& out) const override;
  bool Matches(const model::Event& event, uint32_t index) const override;
  bool IsSubscribed(std::string_view tenant, std::string_view type) const override;

 private:
  void AddSubscription(const model::Subscription& subscription);
  void AddOperational(const model::Subscription& subscription);
  bool Open(const RouteList& list, const RouteList::Route& route, EventView& event) const;

  /// Calls `use` with the routes of the event's type, if its tenant has any.
  template <typename Use>
  void WithRoutes(const model::Event& event, Use use) const;

  std::vector<model::Destination> destinations_;
  std::vector<model::Filter> filters_;
  absl::flat_hash_map<std::string, uint32_t> type_ids_;
  absl::flat_hash_map<std::string, TenantRoutes> tenants_;
  /// (tenant, type) of operational types that somebody subscribed to.
  absl::flat_hash_set<std::pair<std::string, std::string>> operational_;
  /// Only while compiling: (tenant, name) to index.
  absl::flat_hash_map<std::pair<std::string, std::string>, uint32_t> indices_;
};

Table::Table(std::vector<model::Destination> destinations,
             std::span<const model::Subscription> subscriptions, std::span<const std::string> types)
    : destinations_(std::move(destinations)) {
  for (uint32_t i = 0; i < destinations_.size(); ++i) {
    indices_.emplace(std::pair(destinations_[i].tenant, destinations_[i].name), i);
  }
  for (const model::Subscription& subscription : subscriptions) AddSubscription(subscription);
  indices_ = {};

  std::vector<std::string> sorted(types.begin(), types.end());
  std::ranges::sort(sorted);
  for (uint32_t id = 0; id < sorted.size(); ++id) type_ids_.emplace(sorted[id], id);
  size_t budget = kMaxResolvedRoutes;
  for (auto& [name, tenant] : tenants_) tenant.Resolve(sorted, budget);
}

void Table::AddSubscription(const model::Subscription& subscription) {
  uint32_t filter = kNoFilter;
  if (subscription.filter.kind != model::Filter::Kind::kTrue) {
    filter = static_cast<uint32_t>(filters_.size());
    filters_.push_back(subscription.filter);
  }
  AddOperational(subscription);
  TenantRoutes& tenant = tenants_[subscription.tenant];
  for (const std::string& name : subscription.destinations) {
    const auto it = indices_.find(std::pair(subscription.tenant, name));
    if (it == indices_.end()) continue;
    for (const std::string& type : subscription.types) tenant.Add(type, {it->second, filter});
  }
}

void Table::AddOperational(const model::Subscription& subscription) {
  for (const std::string_view type : model::kOperationalTypes) {
    const std::string group = std::string(type.substr(0, type.find('.'))) + ".*";
    const bool wanted = std::ranges::any_of(subscription.types, [&](const std::string& pattern) {
      return pattern == type || pattern == group;
    });
    if (wanted) operational_.emplace(subscription.tenant, std::string(type));
  }
}

bool Table::IsSubscribed(std::string_view tenant, std::string_view type) const {
  return !operational_.empty() &&
         operational_.contains(std::pair(std::string(tenant), std::string(type)));
}

template <typename Use>
void Table::WithRoutes(const model::Event& event, Use use) const {
  const auto tenant = tenants_.find(base::ToAbsl(event.tenant()));
  if (tenant == tenants_.end()) return;
  const auto id = type_ids_.find(base::ToAbsl(event.type()));
  const bool looked_up = id != type_ids_.end() && !model::IsOperational(event.type());
  const RouteList* list = looked_up ? tenant->second.Lookup(id->second) : nullptr;
  if (list != nullptr) {
    use(*list);
  } else {
    use(tenant->second.Find(event.type()));
  }
}

bool Table::Open(const RouteList& list, const RouteList::Route& route, EventView& event) const {
  const std::span<const uint32_t> filters(list.filters(route), route.count);
  return filters.empty() ||
         std::ranges::any_of(filters, [&](uint32_t f) { return Holds(filters_[f], event); });
}

void Table::Match(const model::Event& event, std::vector<uint32_t>& out) const {
  out.clear();
  WithRoutes(event, [&](const RouteList& list) {
    EventView view(event);
    for (const RouteList::Route& route : list.routes()) {
      if (Open(list, route, view)) out.push_back(route.destination);
    }
  });
}

bool Table::Matches(const model::Event& event, uint32_t index) const {
  bool matches = false;
  WithRoutes(event, [&](const RouteList& list) {
    EventView view(event);
    const auto it =
        std::ranges::lower_bound(list.routes(), index, {}, &RouteList::Route::destination);
    matches = it != list.routes().end() && it->destination == index && Open(list, *it, view);
  });
  return matches;
}

}  // namespace

std::shared_ptr<const RoutingTable> RoutingTable::Compile(
    std::vector<model::Destination> destinations,
    std::span<const model::Subscription> subscriptions, std::span<const std::string> types) {
  return std::make_shared<Table>(std::move(destinations), subscriptions, types);
}

}  // namespace carillon::routing
