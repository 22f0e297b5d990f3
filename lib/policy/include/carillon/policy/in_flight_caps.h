#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "carillon/base/mutex.h"

namespace carillon::policy {

/// Bounds the attempts in flight in the whole process: so many in all, so many of one tenant.
/// Shared by the delivery threads; thread-safe. Never more than the caps, at no instant; where a
/// cap is lowered below what is in flight, nothing starts until that has come down.
class InFlightCaps {
 public:
  /// What one tenant has in flight.
  class Tenant {
   public:
    uint32_t in_flight() const { return count_.load(); }

   private:
    friend class InFlightCaps;
    std::atomic<uint32_t> count_{0};
  };

  InFlightCaps(uint32_t in_all, uint32_t per_tenant) : in_all_(in_all), per_tenant_(per_tenant) {}

  void SetCaps(uint32_t in_all, uint32_t per_tenant);

  /// The tenant of that name, the same for all who ask while anybody holds it. Locks: for reloads.
  std::shared_ptr<Tenant> TenantOf(std::string_view name);

  /// Takes a place, to be given back by `Finish`. Returns false when there is none. Another thread
  /// that is refused may hold a place for a moment: who is refused tries again, also when nothing
  /// of its own ends.
  bool TryStart(Tenant& tenant);
  void Finish(Tenant& tenant);

  /// A thread has something that waits for a place, or nothing any more.
  void BeginWaiting() { ++waiting_; }
  void EndWaiting() { --waiting_; }
  /// Threads that wait.
  uint32_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

  /// So many more may be in flight now, in all and of `tenant`.
  uint32_t Room() const { return Below(count_, in_all_); }
  uint32_t Room(const Tenant& tenant) const { return Below(tenant.count_, per_tenant_); }

  uint32_t in_flight() const { return count_.load(); }
  uint32_t in_all() const { return in_all_.load(); }
  /// Tenants that somebody holds, and of those that were held a bounded share.
  size_t known_tenants();

 private:
  static uint32_t Below(const std::atomic<uint32_t>& count, const std::atomic<uint32_t>& cap) {
    const uint32_t taken = count.load();
    const uint32_t most = cap.load();
    return taken < most ? most - taken : 0;
  }

  std::atomic<uint32_t> in_all_;
  std::atomic<uint32_t> per_tenant_;
  std::atomic<uint32_t> count_{0};
  std::atomic<uint32_t> waiting_{0};

  base::Mutex mutex_;
  std::unordered_map<std::string, std::weak_ptr<Tenant>> tenants_ ABSL_GUARDED_BY(mutex_);
  size_t sweep_at_ ABSL_GUARDED_BY(mutex_) = 64;
};

}  // namespace carillon::policy
