#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "carillon/statistics/statistics_sink.h"
#include "carillon/statistics/statistics_store.h"

namespace carillon::statistics {

/// How much there was in the last minute, by tenant and of all. Thread-safe.
class RecentRates {
 public:
  static constexpr std::chrono::seconds kSlot{5};
  static constexpr size_t kSlots = 12;  ///< that are over, and make the rate
  static constexpr std::chrono::seconds kWindow = kSlot * kSlots;
  /// Tenants that are counted; further ones are in the sum of all only, until one has had nothing
  /// for a minute.
  static constexpr size_t kMaxTenants = 20'000;

  void Add(const Entry& entry);
  /// Of a tenant, or of all (empty).
  Rates Of(const std::string& tenant, base::WallTime now) const;

 private:
  struct Slot {
    int64_t number = INT64_MIN;  ///< in kSlot since the epoch
    uint64_t accepted = 0;
    uint64_t delivered = 0;
  };
  /// One more than makes the rate: that which is not over yet.
  struct Ring {
    std::array<Slot, kSlots + 1> slots;
    int64_t last = INT64_MIN;  ///< slot in which it had something
    void Add(int64_t number, const Entry& entry);
    Rates At(int64_t now) const;
  };
  static int64_t SlotAt(base::WallTime time);
  /// Null: there is no room.
  Ring* RingOf(std::string_view tenant, int64_t now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  Ring all_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Ring> tenants_ ABSL_GUARDED_BY(mutex_);
  int64_t swept_ ABSL_GUARDED_BY(mutex_) = INT64_MIN;  // slot in which idle ones were let go
};

}  // namespace carillon::statistics
