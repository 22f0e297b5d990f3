#pragma once

#include "carillon/access/tenant_quotas.h"
#include "carillon/resource/snapshot.h"

namespace carillon::server {

/// Puts what tenants may publish in force. Of a change it looks at the tenants that are others than
/// before. One thread at a time.
class QuotaKeeper {
 public:
  /// `quotas` outlives it.
  explicit QuotaKeeper(access::TenantQuotas& quotas) : quotas_(quotas) {}

  /// `snapshot` has settings. When this returns, publishers are bound by it.
  void Set(const resource::SnapshotPtr& snapshot);

 private:
  access::TenantQuotas& quotas_;
  resource::SnapshotPtr before_;  // null: nothing is in force
};

}  // namespace carillon::server
