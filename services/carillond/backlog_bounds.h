#pragma once

#include "carillon/journal/tenant_bounds.h"
#include "carillon/resource/snapshot.h"

namespace carillon::server {

/// Puts in force what the backlogs of tenants may take. Of a change it looks at the tenants that
/// are others than before. One thread at a time.
class BacklogBounds {
 public:
  /// `bounds` outlives it.
  explicit BacklogBounds(journal::TenantBounds& bounds) : bounds_(bounds) {}

  /// `snapshot` has settings. The journal's next look goes by it.
  void Set(const resource::SnapshotPtr& snapshot);

 private:
  journal::TenantBounds& bounds_;
  resource::SnapshotPtr before_;  // null: nothing is in force
};

}  // namespace carillon::server
