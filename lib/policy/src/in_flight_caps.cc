#include "carillon/policy/in_flight_caps.h"

namespace carillon::policy {
namespace {

bool AddBelow(std::atomic<uint32_t>& count, uint32_t cap) {
  uint32_t seen = count.load();
  while (seen < cap) {
    if (count.compare_exchange_weak(seen, seen + 1)) return true;
  }
  return false;
}

}  // namespace

void InFlightCaps::SetCaps(uint32_t in_all, uint32_t per_tenant) {
  in_all_ = in_all;
  per_tenant_ = per_tenant;
}

std::shared_ptr<InFlightCaps::Tenant> InFlightCaps::TenantOf(std::string_view name) {
  const base::MutexLock lock(mutex_);
  std::weak_ptr<Tenant>& known = tenants_[std::string(name)];
  if (auto tenant = known.lock()) return tenant;
  auto tenant = std::make_shared<Tenant>();
  known = tenant;
  if (tenants_.size() > sweep_at_) {
    std::erase_if(tenants_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = 2 * tenants_.size() + 64;
  }
  return tenant;
}

size_t InFlightCaps::known_tenants() {
  const base::MutexLock lock(mutex_);
  return tenants_.size();
}

bool InFlightCaps::TryStart(Tenant& tenant) {
  if (!AddBelow(tenant.count_, per_tenant_)) return false;
  if (AddBelow(count_, in_all_)) return true;
  --tenant.count_;
  return false;
}

void InFlightCaps::Finish(Tenant& tenant) {
  --count_;
  --tenant.count_;
}

}  // namespace carillon::policy
