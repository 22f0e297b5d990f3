#include "carillon/policy/in_flight_caps.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace carillon::policy {
namespace {

bool AddBelow(std::atomic<uint32_t>& count, uint32_t cap) {
  uint32_t seen = count.load();
  while (seen < cap) {
    if (count.compare_exchange_weak(seen, seen + 1)) return true;
  }
  return false;
}

constexpr int64_t kSecond = 1'000'000'000;

/// Rounded up: never faster than asked.
int64_t IntervalFor(double per_second) {
  if (per_second <= 0) return 0;
  return std::max<int64_t>(1, static_cast<int64_t>(std::ceil(double{kSecond} / per_second)));
}

/// How far ahead a rate may be used up: by what a second has, or one where it has less.
int64_t Ahead(int64_t interval) {
  const int64_t at_once = (kSecond + interval - 1) / interval;
  return interval * (at_once - 1);
}

int64_t Nanos(base::MonoTime time) {
  return std::chrono::nanoseconds(time.time_since_epoch()).count();
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
  if (const auto own = bounds_.find(std::string(name)); own != bounds_.end()) {
    Bind(own->second, *tenant);
  }
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

void InFlightCaps::SetRate(double per_second) {
  const int64_t interval = IntervalFor(per_second);
  if (interval_.exchange(interval) == interval) return;
  const base::MutexLock lock(mutex_);
  for (const auto& [name, known] : tenants_) {
    if (const auto tenant = known.lock()) tenant->full_at_ = 0;
  }
}

void InFlightCaps::SetBounds(std::string_view name, const Bounds& bounds) {
  const base::MutexLock lock(mutex_);
  const std::string key(name);
  if (bounds == Bounds()) {
    bounds_.erase(key);
  } else {
    bounds_[key] = bounds;
  }
  const auto known = tenants_.find(key);
  const auto tenant = known == tenants_.end() ? nullptr : known->second.lock();
  if (tenant == nullptr) return;
  Bind(bounds, *tenant);
}

void InFlightCaps::Bind(const Bounds& bounds, Tenant& tenant) {
  tenant.cap_ = bounds.in_flight;
  tenant.weight_ = bounds.weight;
  tenant.stopped_ = bounds.stopped;
  const int64_t interval = IntervalFor(bounds.per_second);
  if (tenant.interval_.exchange(interval) != interval) tenant.full_at_ = 0;
}

bool InFlightCaps::TryStart(Tenant& tenant, base::MonoTime now) {
  if (tenant.stopped_.load() || !AddBelow(tenant.count_, CapOf(tenant))) return false;
  if (AddBelow(count_, in_all_)) {
    // Last: what was taken of a rate is not given back.
    if (TakeRate(tenant, now)) return true;
    --count_;
  }
  --tenant.count_;
  return false;
}

// The generic cell rate algorithm, as RateLimit, for several threads.
bool InFlightCaps::TakeRate(Tenant& tenant, base::MonoTime now) {
  const int64_t interval = IntervalOf(tenant);
  if (interval == 0) return true;
  const int64_t at = Nanos(now);
  int64_t seen = tenant.full_at_.load();
  while (true) {
    const int64_t full_at = std::max(seen, at);
    if (full_at - at > Ahead(interval)) return false;
    if (tenant.full_at_.compare_exchange_weak(seen, full_at + interval)) return true;
  }
}

uint32_t InFlightCaps::Room(const Tenant& tenant, base::MonoTime now) const {
  const uint32_t room = Room(tenant);
  const int64_t interval = IntervalOf(tenant);
  if (interval == 0) return room;
  const int64_t at = Nanos(now);
  const int64_t left = Ahead(interval) - (std::max(tenant.full_at_.load(), at) - at);
  if (left < 0) return 0;
  return static_cast<uint32_t>(std::min<int64_t>(room, left / interval + 1));
}

void InFlightCaps::Finish(Tenant& tenant) {
  --count_;
  --tenant.count_;
}

}  // namespace carillon::policy
