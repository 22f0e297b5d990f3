#include "layer_builder.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "carillon/aip/resource_name.h"
#include "carillon/base/text.h"
#include "carillon/resource/read_event_type.h"
#include "tenant_retirement.h"

namespace carillon::control {
namespace {

using resource::Revised;
using resource::Snapshot;
using resource::TenantPtr;
using resource::TenantResources;

constexpr std::string_view kDestinations = "destinations";
constexpr std::string_view kSubscriptions = "subscriptions";
constexpr std::string_view kRetirement = "/";  // none that a name has

/// `tenants/acme/destinations/orders` in its parts; names that are stored are well-formed. A tenant
/// itself has no collection, and one of no tenant (`tokens/ops`) nothing.
struct Parts {
  std::string tenant;
  std::string collection;
  std::string id;
};

Parts PartsOf(const std::string& name) {
  if (name.starts_with(kRetiredTenants)) {
    return {.tenant = name.substr(kRetiredTenants.size()),
            .collection = std::string(kRetirement),
            .id = {}};
  }
  const size_t tenant = name.find('/') + 1;
  const size_t collection = name.find('/', tenant) + 1;
  if (!name.starts_with("tenants/")) return {};
  if (collection == 0) return {.tenant = name.substr(tenant), .collection = {}, .id = {}};
  const size_t id = name.find('/', collection) + 1;
  return {name.substr(tenant, collection - 1 - tenant),
          name.substr(collection, id - 1 - collection), name.substr(id)};
}

template <typename T>
void Put(std::vector<Revised<T>>& sorted, const std::string& id, std::shared_ptr<const T> value,
         uint64_t revision) {
  const auto at = std::ranges::lower_bound(
      sorted, id, {}, [](const Revised<T>& has) -> const std::string& { return has.value->name; });
  const bool there = at != sorted.end() && at->value->name == id;
  if (value == nullptr) {
    if (there) sorted.erase(at);
  } else if (there) {
    *at = {std::move(value), revision};
  } else {
    sorted.insert(at, {std::move(value), revision});
  }
}

/// Whether it is something that a snapshot has.
bool IsInSnapshots(const Parts& parts) {
  return parts.collection == kDestinations || parts.collection == kSubscriptions ||
         parts.collection == kRetirement || (parts.collection.empty() && !parts.tenant.empty());
}

/// The value of an edit, null where it deletes.
template <typename T>
std::shared_ptr<const T> ValueOf(const Edit& edit) {
  if (edit.message == nullptr) return nullptr;
  return std::get<std::shared_ptr<const T>>(edit.value);
}

void Apply(const Edit& edit, const Parts& parts, uint64_t revision, TenantResources& tenant) {
  if (parts.collection.empty()) {
    tenant.made = {ValueOf<model::Tenant>(edit), revision};
  } else if (parts.collection == kRetirement) {
    tenant.retired = ValueOf<model::Tenant>(edit);
  } else if (parts.collection == kDestinations) {
    Put(tenant.destinations, parts.id, ValueOf<model::Destination>(edit), revision);
  } else {
    Put(tenant.subscriptions, parts.id, ValueOf<model::Subscription>(edit), revision);
  }
}

/// The event types after the edits, `before` where none concerns them.
resource::EventTypesPtr NextEventTypes(const std::vector<Edit>& edits,
                                       const resource::EventTypesPtr& before) {
  std::map<std::string_view, schema::EventTypePtr> changed;
  for (const Edit& edit : edits) {
    if (!edit.name.starts_with(resource::kEventTypes)) continue;
    changed[resource::EventTypeId(edit.name)] =
        edit.message == nullptr ? nullptr : std::get<schema::EventTypePtr>(edit.value);
  }
  if (changed.empty()) return before;
  schema::EventTypes next;
  for (const schema::EventTypePtr& type : *before) {
    if (!changed.contains(type->name)) next.push_back(type);
  }
  for (auto& [name, type] : changed) {
    if (type != nullptr) next.push_back(std::move(type));
  }
  std::ranges::sort(next, {}, [](const auto& type) { return std::string_view(type->name); });
  return std::make_shared<const schema::EventTypes>(std::move(next));
}

resource::TypesPtr NamesOf(const schema::EventTypes& types) {
  std::vector<std::string> names;
  names.reserve(types.size());
  for (const schema::EventTypePtr& type : types) names.push_back(type->name);
  return std::make_shared<const std::vector<std::string>>(std::move(names));
}

}  // namespace

resource::SnapshotPtr LayerBuilder::Next(const std::vector<Edit>& edits, uint64_t revision) const {
  std::map<std::string, TenantResources> changed;
  for (const Edit& edit : edits) {
    const Parts parts = PartsOf(edit.name);
    if (!IsInSnapshots(parts)) continue;
    const auto [tenant, is_new] = changed.try_emplace(parts.tenant);
    if (is_new) {
      const auto had = std::ranges::lower_bound(
          snapshot_->tenants, parts.tenant, {},
          [](const TenantPtr& has) -> const std::string& { return has->tenant; });
      if (had != snapshot_->tenants.end() && (*had)->tenant == parts.tenant) {
        tenant->second = **had;
      }
      tenant->second.tenant = parts.tenant;
    }
    Apply(edit, parts, revision, tenant->second);
  }
  auto next = std::make_shared<Snapshot>();
  next->revision = revision;
  next->event_types = NextEventTypes(edits, snapshot_->event_types);
  next->types =
      next->event_types == snapshot_->event_types ? snapshot_->types : NamesOf(*next->event_types);
  const auto add = [&](TenantResources resources) {
    if (resources.made.value == nullptr && resources.destinations.empty() &&
        resources.subscriptions.empty() && resources.retired == nullptr) {
      return;
    }
    next->tenants.push_back(std::make_shared<const TenantResources>(std::move(resources)));
  };
  auto change = changed.begin();
  for (const TenantPtr& tenant : snapshot_->tenants) {
    for (; change != changed.end() && change->first < tenant->tenant; ++change) {
      add(std::move(change->second));
    }
    if (change != changed.end() && change->first == tenant->tenant) {
      add(std::move((change++)->second));
    } else {
      next->tenants.push_back(tenant);
    }
  }
  for (; change != changed.end(); ++change) add(std::move(change->second));
  return next;
}

}  // namespace carillon::control
