#include "tenant_caps.h"

#include "carillon/policy/caps_within.h"
#include "carillon/resource/difference.h"

namespace carillon::engine {

void TenantCaps::Set(const resource::SnapshotPtr& snapshot) {
  const resource::OperatorSettings& now = *snapshot->settings;
  const uint32_t per_tenant = now.tenant_defaults.max_in_flight.value_or(now.max_in_flight);
  const policy::Caps caps = policy::CapsWithin({now.max_in_flight, per_tenant}, most_);
  caps_.SetCaps(caps.in_all, caps.per_tenant);
  caps_.SetRate(now.tenant_defaults.max_rate.value_or(0));
  caps_.SetWeight(now.tenant_defaults.weight.value_or(1));
  const auto set = [&](const resource::TenantPtr& was, const resource::TenantPtr& is) {
    if (is != nullptr && is->made.value != nullptr) {
      SetBounds(*is->made.value, now.max_in_flight);
    } else if (was != nullptr && was->made.value != nullptr) {
      caps_.SetBounds(was->tenant, {});
    }
  };
  if (before_ != nullptr && before_->settings->max_in_flight != now.max_in_flight) {
    // Their part of it is another, also of those that are the same.
    for (const resource::TenantPtr& tenant : snapshot->tenants) set(tenant, tenant);
  }
  resource::ForEachOtherTenant(before_.get(), *snapshot, set);
  before_ = snapshot;
}

void TenantCaps::SetBounds(const model::Tenant& tenant, uint32_t in_all) {
  policy::InFlightCaps::Bounds bounds{.in_flight = tenant.limits.max_in_flight.value_or(0),
                                      .per_second = tenant.limits.max_rate.value_or(0),
                                      .weight = tenant.limits.weight.value_or(0),
                                      .stopped = tenant.disabled};
  if (bounds.in_flight > 0) {
    bounds.in_flight = policy::CapsWithin({in_all, bounds.in_flight}, most_).per_tenant;
  }
  caps_.SetBounds(tenant.name, bounds);
}

}  // namespace carillon::engine
