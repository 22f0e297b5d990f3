#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/model/destination.h"
#include "carillon/model/subscription.h"
#include "carillon/model/tenant.h"
#include "carillon/net/egress.h"
#include "carillon/schema/event_type.h"

namespace carillon::resource {

/// A resource as it is from one revision of its source on. Of equal tenant, name and revision, it
/// is the same.
template <typename T>
struct Revised {
  std::shared_ptr<const T> value;
  uint64_t revision = 0;
};

/// What one tenant is and has; lists sorted by name. Immutable once it is in a snapshot.
struct TenantResources {
  std::string tenant;
  /// Without a value: nobody has made it; it is there for what it has.
  Revised<model::Tenant> made;
  std::vector<Revised<model::Destination>> destinations;
  std::vector<Revised<model::Subscription>> subscriptions;
  /// What says that the name is retired, disabled with the reason; null: it is not. It counts while
  /// there is nothing else.
  std::shared_ptr<const model::Tenant> retired{};

  /// A tenant that was deleted, and nothing since.
  bool is_retired() const {
    return retired != nullptr && made.value == nullptr && destinations.empty() &&
           subscriptions.empty();
  }
};
using TenantPtr = std::shared_ptr<const TenantResources>;
using TypesPtr = std::shared_ptr<const std::vector<std::string>>;
using EventTypesPtr = std::shared_ptr<const schema::EventTypes>;

/// What the operator alone says, of what can change while the process runs.
struct OperatorSettings {
  net::Egress egress;
  uint32_t max_in_flight = 0;
  /// Of each tenant that says nothing else; max_in_flight is one of them.
  model::TenantLimits tenant_defaults;
  bool require_tenants = false;  ///< there are only those that somebody has made
  std::string hash;              ///< of the file that says so: SHA-256 of its text, in hex
};

/// What is to be in force: values, validated. Immutable; snapshots share what is the same in them,
/// so that one costs little, and comparing two looks at what is different only.
struct Snapshot {
  /// Ascends with each change of its source.
  uint64_t revision = 0;
  std::optional<OperatorSettings> settings;  ///< one of the layers has them
  TypesPtr types = std::make_shared<const std::vector<std::string>>();  ///< the catalog, sorted
  /// Of these, those that somebody has registered.
  EventTypesPtr event_types = std::make_shared<const schema::EventTypes>();
  std::vector<TenantPtr> tenants;  ///< sorted by name

  size_t destinations() const;
  size_t subscriptions() const;
  template <typename Visit>
  void ForEachDestination(Visit visit) const {
    for (const TenantPtr& tenant : tenants) {
      for (const auto& destination : tenant->destinations) visit(*destination.value);
    }
  }
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

/// A snapshot of `revision` with these resources. What is equal in `before`, which may be null, is
/// shared with it and keeps its revision there.
SnapshotPtr MakeSnapshot(uint64_t revision, OperatorSettings settings,
                         std::vector<std::string> types,
                         std::vector<model::Destination> destinations,
                         std::vector<model::Subscription> subscriptions, const Snapshot* before,
                         std::vector<model::Tenant> made = {}, schema::EventTypes event_types = {});

/// The tenant of that name; null: there is none.
const TenantResources* FindTenant(const Snapshot& snapshot, std::string_view tenant);

/// The snapshot of a source, and what errors call the source (`the configuration file`).
struct Layer {
  std::string_view name;
  SnapshotPtr snapshot;
};

/// Merges the layers into one snapshot with this revision. A name belongs to one source: returns
/// ALREADY_EXISTS when two layers have a tenant, destination, subscription or registered event type
/// of the same name; the
/// message names up to ten, one a line. Settings are those of the first that has any; types those
/// of all.
absl::StatusOr<SnapshotPtr> Merge(const std::vector<Layer>& layers, uint64_t revision);

}  // namespace carillon::resource
