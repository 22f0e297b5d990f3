#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

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

  void Add(const Entry& entry) { Add(entry.tenant, entry.at, entry.accepted, entry.delivered); }
  void Add(std::string_view tenant, base::WallTime at, uint64_t accepted, uint64_t delivered);
  /// Of a tenant, or of all (empty).
  Rates Of(const std::string& tenant, base::WallTime now) const;

  /// In which of the slots since the epoch it is.
  static int64_t SlotAt(base::WallTime time);

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
    void Add(int64_t number, uint64_t accepted, uint64_t delivered);
    Rates At(int64_t now) const;
  };
  /// Null: there is no room.
  Ring* RingOf(std::string_view tenant, int64_t now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  Ring all_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Ring> tenants_ ABSL_GUARDED_BY(mutex_);
  int64_t swept_ ABSL_GUARDED_BY(mutex_) = INT64_MIN;  // slot in which idle ones were let go
};

/// Adds entries, those of one tenant and slot that follow each other at once: many do. What it is
/// given views stays until it is gone.
class RecentRun {
 public:
  explicit RecentRun(RecentRates& rates) : rates_(rates) {}
  RecentRun(const RecentRun&) = delete;
  RecentRun& operator=(const RecentRun&) = delete;
  ~RecentRun() { End(); }

  void Add(const Entry& entry) {
    const int64_t slot = RecentRates::SlotAt(entry.at);
    if (entry.tenant != tenant_ || slot != slot_) {
      End();
      tenant_ = entry.tenant;
      at_ = entry.at;
      slot_ = slot;
    }
    accepted_ += entry.accepted;
    delivered_ += entry.delivered;
  }

 private:
  void End() {
    rates_.Add(tenant_, at_, std::exchange(accepted_, 0), std::exchange(delivered_, 0));
  }

  RecentRates& rates_;
  std::string_view tenant_;
  base::WallTime at_{};
  int64_t slot_ = 0;  // of at_
  uint64_t accepted_ = 0;
  uint64_t delivered_ = 0;
};

}  // namespace carillon::statistics
