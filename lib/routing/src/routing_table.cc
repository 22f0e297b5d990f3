#include "carillon/routing/routing_table.h"

#include <algorithm>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "carillon/base/text.h"
#include "carillon/model/operational.h"
#include "event_view.h"
#include "filter.h"
#include "paged.h"
#include "route_list.h"
#include "tenant_table.h"

namespace carillon::routing {
namespace {

/// Routes kept for look-up, in all: what bounds the memory of a table whose tenants have many
/// patterns and many types.
constexpr size_t kMaxResolvedRoutes = 2'000'000;

/// The catalog, sorted, and the index of each type in it.
struct TypeIds {
  explicit TypeIds(std::vector<std::string> types) : sorted(std::move(types)) {
    std::ranges::sort(sorted);
    for (uint32_t id = 0; id < sorted.size(); ++id) ids.emplace(sorted[id], id);
  }
  std::vector<std::string> sorted;
  absl::flat_hash_map<std::string, uint32_t> ids;
};

class Table final : public CompiledTable {
 public:
  uint32_t places() const override { return destinations_.size(); }
  const DestinationPtr& at(uint32_t place) const override { return destinations_[place]; }
  void Match(const model::Event& event, std::vector<uint32_t>& out) const override;
  bool Matches(const model::Event& event, uint32_t place) const override;
  bool IsSubscribed(std::string_view tenant, std::string_view type) const override;
  std::shared_ptr<const CompiledTable> With(const TableChange& change) const override;
  size_t compiled_tenants() const override { return compiled_; }

 private:
  using TenantPtr = std::shared_ptr<const TenantTable>;
  /// What a tenant's routes are to be compiled from.
  struct Draft {
    std::vector<uint32_t> places;
    std::vector<SubscriptionPtr> subscriptions;
  };
  using Drafts = std::map<std::string, Draft>;

  /// Of what there is.
  Draft& DraftOf(const std::string& tenant, Drafts& drafts) const;
  void Put(uint32_t place, const DestinationPtr& destination, Drafts& drafts);
  void CompileTenant(const std::string& tenant, Draft draft);
  bool Open(const TenantTable& tenant, const RouteList& list, const RouteList::Route& route,
            EventView& event) const;

  /// Calls `use` with the event's tenant and the routes of its type, if the tenant has any.
  template <typename Use>
  void WithRoutes(const model::Event& event, Use use) const;

  PagedVector<DestinationPtr> destinations_;
  PagedMap<TenantPtr> tenants_;
  std::shared_ptr<const TypeIds> types_ = std::make_shared<TypeIds>(std::vector<std::string>());
  size_t routes_ = 0;  // that are resolved
  size_t compiled_ = 0;
};

std::shared_ptr<const CompiledTable> Table::With(const TableChange& change) const {
  auto next = std::make_shared<Table>(*this);
  next->compiled_ = 0;
  Drafts drafts;
  if (change.types) {
    next->types_ = std::make_shared<TypeIds>(*change.types);
    tenants_.ForEach([&](const std::string& name, const TenantPtr&) { DraftOf(name, drafts); });
  }
  for (const auto& [tenant, subscriptions] : change.subscriptions) {
    DraftOf(tenant, drafts).subscriptions = subscriptions;
  }
  for (const auto& [place, destination] : change.places) next->Put(place, destination, drafts);
  for (auto& [tenant, draft] : drafts) next->CompileTenant(tenant, std::move(draft));
  return next;
}

Table::Draft& Table::DraftOf(const std::string& tenant, Drafts& drafts) const {
  const auto [draft, is_new] = drafts.try_emplace(tenant);
  const TenantPtr* const known = is_new ? tenants_.Find(tenant) : nullptr;
  if (known != nullptr) draft->second = {(*known)->places(), (*known)->subscriptions()};
  return draft->second;
}

// Where only the destination's members are others its tenant's routes stay as they are.
void Table::Put(uint32_t place, const DestinationPtr& destination, Drafts& drafts) {
  const DestinationPtr before = place < destinations_.size() ? destinations_[place] : nullptr;
  destinations_.Set(place, destination);
  const bool renamed = before == nullptr || destination == nullptr ||
                       before->tenant != destination->tenant || before->name != destination->name;
  if (!renamed) return;
  // What left a tenant is passed over when its routes are compiled.
  if (before != nullptr) DraftOf(before->tenant, drafts);
  if (destination != nullptr) DraftOf(destination->tenant, drafts).places.push_back(place);
}

void Table::CompileTenant(const std::string& tenant, Draft draft) {
  ++compiled_;
  if (const TenantPtr* const before = tenants_.Find(tenant)) routes_ -= (*before)->cost();
  std::erase_if(draft.places, [&](uint32_t place) {
    return destinations_[place] == nullptr || destinations_[place]->tenant != tenant;
  });
  std::ranges::sort(draft.places);
  draft.places.erase(std::ranges::unique(draft.places).begin(), draft.places.end());
  if (draft.places.empty() && draft.subscriptions.empty()) return tenants_.Erase(tenant);
  std::vector<TenantTable::Named> named;
  named.reserve(draft.places.size());
  for (const uint32_t place : draft.places) named.emplace_back(destinations_[place]->name, place);
  const size_t budget = kMaxResolvedRoutes - std::min(kMaxResolvedRoutes, routes_);
  auto compiled = std::make_shared<const TenantTable>(
      std::move(named), std::move(draft.subscriptions), types_->sorted, budget);
  routes_ += compiled->cost();
  tenants_.Set(tenant, std::move(compiled));
}

bool Table::IsSubscribed(std::string_view tenant, std::string_view type) const {
  const TenantPtr* const found = tenants_.Find(tenant);
  return found != nullptr && (*found)->IsSubscribed(type);
}

template <typename Use>
void Table::WithRoutes(const model::Event& event, Use use) const {
  const TenantPtr* const found = tenants_.Find(event.tenant());
  if (found == nullptr) return;
  const TenantTable& tenant = **found;
  const auto id = types_->ids.find(base::ToAbsl(event.type()));
  const bool looked_up = id != types_->ids.end() && !model::IsOperational(event.type());
  const RouteList* list = looked_up ? tenant.routes().Lookup(id->second) : nullptr;
  if (list != nullptr) {
    use(tenant, *list);
  } else {
    use(tenant, tenant.routes().Find(event.type()));
  }
}

bool Table::Open(const TenantTable& tenant, const RouteList& list, const RouteList::Route& route,
                 EventView& event) const {
  const std::span<const uint32_t> filters(list.filters(route), route.count);
  return filters.empty() ||
         std::ranges::any_of(filters, [&](uint32_t f) { return Holds(tenant.filter(f), event); });
}

void Table::Match(const model::Event& event, std::vector<uint32_t>& out) const {
  out.clear();
  WithRoutes(event, [&](const TenantTable& tenant, const RouteList& list) {
    EventView view(event);
    for (const RouteList::Route& route : list.routes()) {
      if (Open(tenant, list, route, view)) out.push_back(route.destination);
    }
  });
}

bool Table::Matches(const model::Event& event, uint32_t place) const {
  bool matches = false;
  WithRoutes(event, [&](const TenantTable& tenant, const RouteList& list) {
    EventView view(event);
    const auto it =
        std::ranges::lower_bound(list.routes(), place, {}, &RouteList::Route::destination);
    matches =
        it != list.routes().end() && it->destination == place && Open(tenant, list, *it, view);
  });
  return matches;
}

}  // namespace

std::shared_ptr<const CompiledTable> CompiledTable::Empty() { return std::make_shared<Table>(); }

std::shared_ptr<const RoutingTable> RoutingTable::Compile(
    std::vector<model::Destination> destinations,
    std::span<const model::Subscription> subscriptions, std::span<const std::string> types) {
  TableChange change;
  for (model::Destination& destination : destinations) {
    change.places.emplace_back(static_cast<uint32_t>(change.places.size()),
                               std::make_shared<model::Destination>(std::move(destination)));
  }
  std::map<std::string, std::vector<SubscriptionPtr>> by_tenant;
  for (const model::Subscription& subscription : subscriptions) {
    by_tenant[subscription.tenant].push_back(std::make_shared<model::Subscription>(subscription));
  }
  change.subscriptions.assign(by_tenant.begin(), by_tenant.end());
  change.types.emplace(types.begin(), types.end());
  return CompiledTable::Empty()->With(change);
}

}  // namespace carillon::routing
