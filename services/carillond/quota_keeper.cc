#include "quota_keeper.h"

#include "carillon/resource/difference.h"

namespace carillon::server {
namespace {

access::PublishRate RateOf(const model::TenantLimits& limits) {
  return {.events_per_second = limits.publish_events_per_second.value_or(0),
          .bytes_per_second = limits.publish_bytes_per_second.value_or(0)};
}

}  // namespace

void QuotaKeeper::Set(const resource::SnapshotPtr& snapshot) {
  if (snapshot->settings) {
    quotas_.SetDefaults(RateOf(snapshot->settings->tenant_defaults),
                        snapshot->settings->require_tenants);
  }
  resource::ForEachOtherTenant(
      before_.get(), *snapshot, [&](const resource::TenantPtr& was, const resource::TenantPtr& is) {
        if (is != nullptr && is->made.value != nullptr) {
          const model::Tenant& made = *is->made.value;
          quotas_.Set(is->tenant, RateOf(made.limits),
                      made.disabled ? std::optional(access::TenantRefusal{made.disable_reason})
                                    : std::nullopt);
        } else if (is != nullptr && is->is_retired()) {
          quotas_.Set(is->tenant, access::PublishRate{},
                      access::TenantRefusal{.why = is->retired->disable_reason, .retired = true});
        } else if (was != nullptr && (was->made.value != nullptr || was->is_retired())) {
          quotas_.Set(was->tenant, std::nullopt);
        }
      });
  before_ = snapshot;
}

}  // namespace carillon::server
