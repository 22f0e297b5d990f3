#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"

namespace carillon::policy {

/// Bounds the attempts in flight in the whole process: so many in all, so many of one tenant, and
/// so many of one tenant that start in a second. Shared by the delivery threads; thread-safe. Never
/// more than the caps, at no instant; where a cap is lowered below what is in flight, nothing
/// starts until that has come down.
class InFlightCaps {
 public:
  /// Bounds of one tenant; 0: those of each tenant.
  struct Bounds {
    uint32_t in_flight = 0;
    double per_second = 0;  ///< and as many at once
    uint32_t weight = 0;    ///< its share where tenants wait for a place
    bool stopped = false;   ///< nothing of it starts
    friend bool operator==(const Bounds&, const Bounds&) = default;
  };

  /// What one tenant has in flight.
  class Tenant {
   public:
    uint32_t in_flight() const { return count_.load(); }

   private:
    friend class InFlightCaps;
    std::atomic<uint32_t> count_{0};
    std::atomic<uint32_t> cap_{0};      ///< 0: that of each tenant
    std::atomic<int64_t> interval_{0};  ///< ns from one start to the next; 0: that of each tenant
    std::atomic<int64_t> full_at_{0};   ///< ns, when it may start as many at once as at first
    std::atomic<uint32_t> weight_{0};   ///< 0: that of each tenant
    std::atomic<bool> stopped_{false};
  };

  InFlightCaps(uint32_t in_all, uint32_t per_tenant) : in_all_(in_all), per_tenant_(per_tenant) {}

  void SetCaps(uint32_t in_all, uint32_t per_tenant);
  /// Starts of each tenant in a second, and as many at once; 0: no bound. Another one begins anew.
  void SetRate(double per_second);
  /// The share of each tenant, at least 1.
  void SetWeight(uint32_t weight) { weight_ = weight; }
  /// Of the tenant of that name, whether anybody holds it or not; {}: as each. In force when this
  /// returns. Locks: for reloads.
  void SetBounds(std::string_view name, const Bounds& bounds);

  /// The tenant of that name, the same for all who ask while anybody holds it. Locks: for reloads.
  std::shared_ptr<Tenant> TenantOf(std::string_view name);

  /// Takes a place, to be given back by `Finish`. Returns false when there is none. Another thread
  /// that is refused may hold a place for a moment: who is refused tries again, also when nothing
  /// of its own ends. `now` counts where the tenant has a rate; it may go back a little from one
  /// thread to the next.
  bool TryStart(Tenant& tenant, base::MonoTime now = {});
  void Finish(Tenant& tenant);

  /// A thread has something that waits for a place, or nothing any more.
  void BeginWaiting() { ++waiting_; }
  void EndWaiting() { --waiting_; }
  /// Threads that wait.
  uint32_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

  /// So many more may be in flight now, in all and of `tenant`.
  uint32_t Room() const { return Below(count_, in_all_); }
  uint32_t Room(const Tenant& tenant) const {
    return tenant.stopped_.load() ? 0 : Below(tenant.count_, CapOf(tenant));
  }
  /// So many more of the tenant may start now: of its cap and of its rate.
  uint32_t Room(const Tenant& tenant, base::MonoTime now) const;

  /// What a tenant gets of places that are scarce, beside what others get.
  uint32_t WeightOf(const Tenant& tenant) const {
    const uint32_t own = tenant.weight_.load(std::memory_order_relaxed);
    return own > 0 ? own : weight_.load(std::memory_order_relaxed);
  }

  uint32_t in_flight() const { return count_.load(); }
  uint32_t in_all() const { return in_all_.load(); }
  /// Tenants that somebody holds, and of those that were held a bounded share.
  size_t known_tenants();

 private:
  static void Bind(const Bounds& bounds, Tenant& tenant);
  static uint32_t Below(const std::atomic<uint32_t>& count, uint32_t most) {
    const uint32_t taken = count.load();
    return taken < most ? most - taken : 0;
  }

  uint32_t CapOf(const Tenant& tenant) const {
    const uint32_t own = tenant.cap_.load(std::memory_order_relaxed);
    return own > 0 ? own : per_tenant_.load();
  }
  int64_t IntervalOf(const Tenant& tenant) const {
    const int64_t own = tenant.interval_.load(std::memory_order_relaxed);
    return own > 0 ? own : interval_.load(std::memory_order_relaxed);
  }
  bool TakeRate(Tenant& tenant, base::MonoTime now);

  std::atomic<uint32_t> in_all_;
  std::atomic<uint32_t> per_tenant_;
  std::atomic<uint32_t> count_{0};
  std::atomic<uint32_t> waiting_{0};
  std::atomic<uint32_t> weight_{1};
  std::atomic<int64_t> interval_{0};  // of each tenant; 0: no rate

  base::Mutex mutex_;
  std::unordered_map<std::string, std::weak_ptr<Tenant>> tenants_ ABSL_GUARDED_BY(mutex_);
  /// Of tenants that have their own.
  std::unordered_map<std::string, Bounds> bounds_ ABSL_GUARDED_BY(mutex_);
  size_t sweep_at_ ABSL_GUARDED_BY(mutex_) = 64;
};

}  // namespace carillon::policy
