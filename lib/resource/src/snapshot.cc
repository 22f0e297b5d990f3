#include "carillon/resource/snapshot.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "carillon/base/text.h"

namespace carillon::resource {
namespace {

constexpr size_t kMaxClashes = 10;

template <typename T>
std::string_view NameOfRevised(const Revised<T>& resource) {
  return resource.value->name;
}

/// The one of that name; null: there is none. `resources` are sorted.
template <typename T>
const Revised<T>* FindRevised(const std::vector<Revised<T>>& resources, std::string_view name) {
  const auto found = std::ranges::lower_bound(resources, name, {}, &NameOfRevised<T>);
  return found != resources.end() && found->value->name == name ? &*found : nullptr;
}

const TenantPtr* FindIn(const Snapshot& snapshot, std::string_view tenant) {
  const auto found = std::ranges::lower_bound(
      snapshot.tenants, tenant, {},
      [](const TenantPtr& has) -> std::string_view { return has->tenant; });
  return found != snapshot.tenants.end() && (*found)->tenant == tenant ? &*found : nullptr;
}

/// Sorts them, and puts those of `before` in the place of their equals. Returns whether all are.
template <typename T>
bool ShareWith(const std::vector<Revised<T>>& before, std::vector<Revised<T>>& resources) {
  std::ranges::sort(resources, {}, &NameOfRevised<T>);
  bool same = before.size() == resources.size();
  for (Revised<T>& resource : resources) {
    const Revised<T>* known = FindRevised(before, resource.value->name);
    if (known != nullptr && *known->value == *resource.value) {
      resource = *known;
    } else {
      same = false;
    }
  }
  return same;
}

/// Puts the tenant of `before` in the place of its equal. Returns whether it is.
bool ShareMade(const Revised<model::Tenant>& before, Revised<model::Tenant>& made) {
  if (before.value == nullptr || made.value == nullptr) return before.value == made.value;
  if (*before.value != *made.value) return false;
  made = before;
  return true;
}

/// Returns the tenant of `before` where it has the same.
TenantPtr ShareTenant(TenantResources tenant, const Snapshot* before) {
  static const TenantPtr kNothing = std::make_shared<const TenantResources>();
  const TenantPtr* known = before == nullptr ? nullptr : FindIn(*before, tenant.tenant);
  const TenantPtr& old = known == nullptr ? kNothing : *known;
  const bool same_destinations = ShareWith(old->destinations, tenant.destinations);
  const bool same_subscriptions = ShareWith(old->subscriptions, tenant.subscriptions);
  const bool same_tenant = ShareMade(old->made, tenant.made);
  if (known != nullptr && same_tenant && same_destinations && same_subscriptions) return *known;
  return std::make_shared<const TenantResources>(std::move(tenant));
}

/// Returns the event types of `before` where they are the same.
EventTypesPtr ShareTypes(schema::EventTypes types, const Snapshot* before) {
  if (before != nullptr &&
      std::ranges::equal(*before->event_types, types,
                         [](const auto& a, const auto& b) { return *a == *b; })) {
    return before->event_types;
  }
  return std::make_shared<const schema::EventTypes>(std::move(types));
}

/// Adds the resources of another layer to those of a tenant; `clash` gets each name that it has
/// already.
template <typename T, typename Clash>
void AddAll(const std::vector<Revised<T>>& more, std::vector<Revised<T>>& all, Clash clash) {
  const size_t before = all.size();
  for (const Revised<T>& resource : more) {
    const auto first = all.begin();
    const auto last = first + static_cast<ptrdiff_t>(before);
    const auto found = std::lower_bound(
        first, last, resource.value->name,
        [](const Revised<T>& has, const std::string& name) { return has.value->name < name; });
    if (found != last && found->value->name == resource.value->name) clash(resource.value->name);
    all.push_back(resource);
  }
  std::ranges::sort(all, {}, &NameOfRevised<T>);
}

/// What a tenant has, by the name of the layer.
using Parts = std::vector<std::pair<std::string_view, TenantPtr>>;

/// Puts the first of the tenants at `at` into `parts`, and moves on. Returns false at the end.
bool NextTenant(const std::vector<Layer>& layers, std::vector<size_t>& at, Parts& parts) {
  const TenantPtr* first = nullptr;
  for (size_t i = 0; i < layers.size(); ++i) {
    const std::vector<TenantPtr>& tenants = layers[i].snapshot->tenants;
    if (at[i] == tenants.size()) continue;
    if (first == nullptr || tenants[at[i]]->tenant < (*first)->tenant) first = &tenants[at[i]];
  }
  parts.clear();
  for (size_t i = 0; first != nullptr && i < layers.size(); ++i) {
    const std::vector<TenantPtr>& tenants = layers[i].snapshot->tenants;
    if (at[i] == tenants.size() || tenants[at[i]]->tenant != (*first)->tenant) continue;
    parts.emplace_back(layers[i].name, tenants[at[i]++]);
  }
  return first != nullptr;
}

/// Where one layer alone has tenants left, appends them: of the file and what the API has written,
/// one often has none, and the other all of them. Returns whether it did, or none has any.
bool TakeRest(const std::vector<Layer>& layers, std::vector<size_t>& at,
              std::vector<TenantPtr>& tenants) {
  std::optional<size_t> one;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (at[i] == layers[i].snapshot->tenants.size()) continue;
    if (one) return false;
    one = i;
  }
  if (!one) return true;
  const std::vector<TenantPtr>& all = layers[*one].snapshot->tenants;
  tenants.insert(tenants.end(), all.begin() + static_cast<ptrdiff_t>(at[*one]), all.end());
  at[*one] = all.size();
  return true;
}

TypesPtr AllTypes(const std::vector<Layer>& layers) {
  std::vector<std::string> types;
  for (const Layer& layer : layers) {
    types.insert(types.end(), layer.snapshot->types->begin(), layer.snapshot->types->end());
  }
  std::ranges::sort(types);
  types.erase(std::ranges::unique(types).begin(), types.end());
  return std::make_shared<const std::vector<std::string>>(std::move(types));
}

/// Merged, sorted; `clash` gets the name of each that an earlier layer has, and the later layer.
template <typename Clash>
EventTypesPtr AllEventTypes(const std::vector<Layer>& layers, Clash clash) {
  auto all = std::make_shared<schema::EventTypes>();
  for (size_t later = 0; later < layers.size(); ++later) {
    const Snapshot& snapshot = *layers[later].snapshot;
    for (size_t earlier = 0; earlier < later; ++earlier) {
      const Snapshot& other = *layers[earlier].snapshot;
      for (const schema::EventTypePtr& type : *snapshot.event_types) {
        if (std::ranges::binary_search(*other.types, type->name)) clash(type->name, later);
      }
      for (const schema::EventTypePtr& type : *other.event_types) {
        const bool both = schema::FindEventType(*snapshot.event_types, type->name) != nullptr;
        if (!both && std::ranges::binary_search(*snapshot.types, type->name)) {
          clash(type->name, later);
        }
      }
    }
    all->insert(all->end(), snapshot.event_types->begin(), snapshot.event_types->end());
  }
  std::ranges::sort(*all, {}, [](const auto& type) { return std::string_view(type->name); });
  return all;
}

/// What a tenant has in several layers becomes one; names that two of them have are told.
class TenantMerger {
 public:
  TenantPtr Merge(const Parts& parts) {
    if (parts.size() == 1) return parts.front().second;
    TenantResources all = *parts.front().second;
    for (size_t i = 1; i < parts.size(); ++i) {
      const auto clash = [&](const char* what) {
        return [this, &parts, &all, i, what](const std::string& name) {
          Tell(what, all.tenant + "/" + name, parts, i);
        };
      };
      AddMade(parts, i, all);
      if (all.retired == nullptr) all.retired = parts[i].second->retired;
      AddAll(parts[i].second->destinations, all.destinations, clash("the destination"));
      AddAll(parts[i].second->subscriptions, all.subscriptions, clash("the subscription"));
    }
    return std::make_shared<const TenantResources>(std::move(all));
  }

  /// The later of two layers has an event type of that name too.
  void TellType(const std::string& name, const Layer& later, const Layer& first) {
    if (lines_.size() >= kMaxClashes) return;
    lines_.push_back(absl::StrCat("the event type '", name, "' of ", base::ToAbsl(later.name),
                                  " is in ", base::ToAbsl(first.name), " already"));
  }

  absl::Status status() const {
    if (lines_.empty()) return absl::OkStatus();
    return absl::AlreadyExistsError(absl::StrJoin(lines_, "\n"));
  }

 private:
  void AddMade(const Parts& parts, size_t later, TenantResources& all) {
    const Revised<model::Tenant>& more = parts[later].second->made;
    if (more.value == nullptr) return;
    if (all.made.value != nullptr) Tell("the tenant", all.tenant, parts, later);
    all.made = more;
  }
  void Tell(const char* what, const std::string& name, const Parts& parts, size_t later) {
    if (lines_.size() >= kMaxClashes) return;
    lines_.push_back(absl::StrCat(what, " '", name, "' of ", base::ToAbsl(parts[later].first),
                                  " is in ", base::ToAbsl(parts[0].first),
                                  later > 1 ? ", or another source, already" : " already"));
  }

  std::vector<std::string> lines_;
};

}  // namespace

size_t Snapshot::destinations() const {
  size_t count = 0;
  for (const TenantPtr& tenant : tenants) count += tenant->destinations.size();
  return count;
}

size_t Snapshot::subscriptions() const {
  size_t count = 0;
  for (const TenantPtr& tenant : tenants) count += tenant->subscriptions.size();
  return count;
}

const TenantResources* FindTenant(const Snapshot& snapshot, std::string_view tenant) {
  const TenantPtr* found = FindIn(snapshot, tenant);
  return found == nullptr ? nullptr : found->get();
}

SnapshotPtr MakeSnapshot(uint64_t revision, OperatorSettings settings,
                         std::vector<std::string> types,
                         std::vector<model::Destination> destinations,
                         std::vector<model::Subscription> subscriptions, const Snapshot* before,
                         std::vector<model::Tenant> made, schema::EventTypes event_types) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->revision = revision;
  snapshot->settings = std::move(settings);
  snapshot->types = before != nullptr && *before->types == types
                        ? before->types
                        : std::make_shared<const std::vector<std::string>>(std::move(types));
  snapshot->event_types = ShareTypes(std::move(event_types), before);
  std::map<std::string, TenantResources> tenants;
  for (model::Destination& destination : destinations) {
    TenantResources& tenant = tenants[destination.tenant];
    tenant.destinations.push_back(
        {std::make_shared<const model::Destination>(std::move(destination)), revision});
  }
  for (model::Subscription& subscription : subscriptions) {
    TenantResources& tenant = tenants[subscription.tenant];
    tenant.subscriptions.push_back(
        {std::make_shared<const model::Subscription>(std::move(subscription)), revision});
  }
  for (model::Tenant& one : made) {
    std::string name = one.name;
    tenants[std::move(name)].made = {std::make_shared<const model::Tenant>(std::move(one)),
                                     revision};
  }
  for (auto& [name, tenant] : tenants) {
    tenant.tenant = name;
    snapshot->tenants.push_back(ShareTenant(std::move(tenant), before));
  }
  return snapshot;
}

absl::StatusOr<SnapshotPtr> Merge(const std::vector<Layer>& layers, uint64_t revision) {
  auto merged = std::make_shared<Snapshot>();
  if (layers.size() == 1) *merged = *layers.front().snapshot;
  merged->revision = revision;
  if (layers.size() == 1) return merged;
  for (const Layer& layer : layers) {
    if (!merged->settings) merged->settings = layer.snapshot->settings;
  }
  merged->types = AllTypes(layers);
  TenantMerger merger;
  merged->event_types = AllEventTypes(layers, [&](const std::string& name, size_t later) {
    merger.TellType(name, layers[later], layers.front());
  });
  std::vector<size_t> at(layers.size());  // of each layer, the next of its tenants
  Parts parts;
  while (!TakeRest(layers, at, merged->tenants) && NextTenant(layers, at, parts)) {
    merged->tenants.push_back(merger.Merge(parts));
  }
  if (absl::Status status = merger.status(); !status.ok()) return status;
  return merged;
}

}  // namespace carillon::resource
