#include "backlog_bounds.h"

#include "carillon/resource/difference.h"

namespace carillon::server {

void BacklogBounds::Set(const resource::SnapshotPtr& snapshot) {
  if (snapshot->settings) {
    const auto& most = snapshot->settings->tenant_defaults.max_backlog_bytes;
    bounds_.SetDefault(most.value_or(journal::TenantBounds::kNone));
  }
  resource::ForEachOtherTenant(
      before_.get(), *snapshot, [&](const resource::TenantPtr& was, const resource::TenantPtr& is) {
        if (is != nullptr && is->made.value != nullptr) {
          bounds_.Set(is->tenant, is->made.value->limits.max_backlog_bytes);
        } else if (was != nullptr && was->made.value != nullptr) {
          bounds_.Set(was->tenant, std::nullopt);
        }
      });
  before_ = snapshot;
}

}  // namespace carillon::server
