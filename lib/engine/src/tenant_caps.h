#pragma once

#include <cstddef>

#include "carillon/policy/in_flight_caps.h"
#include "carillon/resource/snapshot.h"

namespace carillon::engine {

/// Puts bounds on attempts in force: in all, of each tenant, and of those that have their own. Of a
/// change it looks at the tenants that are others than before. One thread.
class TenantCaps {
 public:
  /// `most`: attempts that there are connections for. `caps` outlives it.
  TenantCaps(policy::InFlightCaps& caps, size_t most) : caps_(caps), most_(most) {}

  /// `snapshot` has settings. When this returns, every delivery thread is bound by it.
  void Set(const resource::SnapshotPtr& snapshot);

 private:
  void SetBounds(const model::Tenant& tenant, uint32_t in_all);

  policy::InFlightCaps& caps_;
  const size_t most_;
  resource::SnapshotPtr before_;  // null: nothing is in force
};

}  // namespace carillon::engine
