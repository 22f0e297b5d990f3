#include "carillon/access/tenant_quotas.h"

#include <utility>

#include "carillon/base/text.h"

namespace carillon::access {

void TenantQuotas::SetDefaults(const PublishRate& rate, bool required) {
  const base::MutexLock lock(mutex_);
  if (!(rate == defaults_)) quotas_.clear();
  defaults_ = rate;
  required_ = required;
  Renew();
}

void TenantQuotas::Set(std::string_view tenant, std::optional<PublishRate> rate,
                       std::optional<TenantRefusal> refusal) {
  const base::MutexLock lock(mutex_);
  const PublishRate before = RateOf(tenant);
  const auto known = made_.find(base::ToAbsl(tenant));
  if (known != made_.end() && !(known->second == Made())) --bounded_;
  if (rate) {
    Made made{*rate, std::move(refusal)};
    if (!(made == Made())) ++bounded_;
    made_[std::string(tenant)] = std::move(made);
  } else if (known != made_.end()) {
    made_.erase(known);
  }
  // What was counted stays where nothing changed.
  if (!(RateOf(tenant) == before)) quotas_.erase(base::ToAbsl(tenant));
  Renew();
}

void TenantQuotas::Renew() {
  asks_.store(required_ || bounded_ > 0 || !(defaults_ == PublishRate()));
}

bool TenantQuotas::Knows(std::string_view tenant) const {
  const base::MutexLock lock(mutex_);
  return !required_ || made_.contains(base::ToAbsl(tenant));
}

std::optional<TenantRefusal> TenantQuotas::Refused(std::string_view tenant) const {
  const base::MutexLock lock(mutex_);
  const auto own = made_.find(base::ToAbsl(tenant));
  return own == made_.end() ? std::nullopt : own->second.refusal;
}

PublishRate TenantQuotas::RateOf(std::string_view tenant) const {
  PublishRate rate = defaults_;
  const auto own = made_.find(base::ToAbsl(tenant));
  if (own == made_.end()) return rate;
  const PublishRate& its = own->second.rate;
  if (its.events_per_second > 0) rate.events_per_second = its.events_per_second;
  if (its.bytes_per_second > 0) rate.bytes_per_second = its.bytes_per_second;
  return rate;
}

TenantQuotas::QuotaPtr TenantQuotas::Find(std::string_view tenant, base::MonoTime now) {
  const base::MutexLock lock(mutex_);
  const auto known = quotas_.find(base::ToAbsl(tenant));
  if (known != quotas_.end()) return known->second;
  const PublishRate rate = RateOf(tenant);
  if (rate == PublishRate()) return nullptr;
  if (quotas_.size() >= sweep_at_) Sweep(now);
  return quotas_[std::string(tenant)] = std::make_shared<PublishQuota>(rate, now);
}

// One that is full is as one that is new.
void TenantQuotas::Sweep(base::MonoTime now) {
  absl::erase_if(quotas_, [&](const auto& entry) { return entry.second->IsFull(now); });
  sweep_at_ = 2 * quotas_.size() + 1024;
}

std::optional<std::chrono::nanoseconds> TenantQuotas::Wait(std::string_view tenant,
                                                           base::MonoTime now) {
  const QuotaPtr quota = Find(tenant, now);
  return quota == nullptr ? std::nullopt : quota->Wait(now);
}

void TenantQuotas::Charge(std::string_view tenant, uint64_t events, uint64_t bytes,
                          base::MonoTime now) {
  if (const QuotaPtr quota = Find(tenant, now)) quota->Charge(events, bytes, now);
}

size_t TenantQuotas::counted() const {
  const base::MutexLock lock(mutex_);
  return quotas_.size();
}

}  // namespace carillon::access
