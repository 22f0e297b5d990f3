#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "carillon/access/principal.h"
#include "carillon/access/publish_quota.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"

namespace carillon::access {

/// Why nothing is taken in the name of a tenant.
struct TenantRefusal {
  std::string why;       ///< for people; may be empty
  bool retired = false;  ///< it was deleted, and the name is kept from others; else it is disabled
  friend bool operator==(const TenantRefusal&, const TenantRefusal&) = default;
};

/// Which tenants there are, and what may be published in their name by all principals together.
/// Thread-safe. Where nothing bounds tenants and each name may be one, `asks` is all that a message
/// costs.
class TenantQuotas {
 public:
  /// What holds for each tenant where it says nothing else; 0: no bound. `required`: there are only
  /// those that were made.
  void SetDefaults(const PublishRate& rate, bool required);
  /// Somebody has made the tenant; 0 in `rate`: as the defaults. nullopt: nobody has, any more.
  /// `refusal`: nothing is taken in its name; nullopt: it is.
  void Set(std::string_view tenant, std::optional<PublishRate> rate,
           std::optional<TenantRefusal> refusal = std::nullopt);

  /// Whether there is anything to ask.
  bool asks() const { return asks_.load(std::memory_order_relaxed); }
  /// Whether it is a tenant.
  bool Knows(std::string_view tenant) const;
  /// Why nothing may be published in its name; nullopt: it may.
  std::optional<TenantRefusal> Refused(std::string_view tenant) const;
  /// After how long something may be published in its name; nullopt: now.
  std::optional<std::chrono::nanoseconds> Wait(std::string_view tenant, base::MonoTime now);
  /// Counts what is published.
  void Charge(std::string_view tenant, uint64_t events, uint64_t bytes, base::MonoTime now);

  /// Tenants that something is counted of: those of the last seconds, and a bounded share of
  /// others.
  size_t counted() const;

 private:
  using QuotaPtr = std::shared_ptr<PublishQuota>;
  struct Made {
    PublishRate rate;
    std::optional<TenantRefusal> refusal;
    friend bool operator==(const Made&, const Made&) = default;
  };

  PublishRate RateOf(std::string_view tenant) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Null: it has no bound.
  QuotaPtr Find(std::string_view tenant, base::MonoTime now);
  void Sweep(base::MonoTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Renew() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::atomic<bool> asks_{false};
  mutable base::Mutex mutex_;
  PublishRate defaults_ ABSL_GUARDED_BY(mutex_);
  bool required_ ABSL_GUARDED_BY(mutex_) = false;
  /// Tenants with bounds of their own, or disabled.
  size_t bounded_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, Made> made_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, QuotaPtr> quotas_ ABSL_GUARDED_BY(mutex_);
  size_t sweep_at_ ABSL_GUARDED_BY(mutex_) = 1024;
};

}  // namespace carillon::access
