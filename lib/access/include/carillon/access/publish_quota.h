#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "carillon/access/principal.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"

namespace carillon::access {

/// What one principal, or one tenant, may publish in a second, and as much again at once. A message
/// that begins within the bound is taken whole, however large; the next waits until it was paid
/// for. Thread-safe.
class PublishQuota {
 public:
  /// Begins with a full second's worth.
  PublishQuota(const PublishRate& rate, base::MonoTime now);

  /// Counts a message of so many events and bytes, and returns nullopt; or counts nothing and
  /// returns after how long it can be sent again.
  std::optional<std::chrono::nanoseconds> Take(uint64_t events, uint64_t bytes, base::MonoTime now);

 private:
  /// What is left of one of the two. Below 0: it is to be paid for.
  struct Left {
    double per_second = 0;  ///< 0: no bound
    double now = 0;

    void Refill(double seconds);
    /// Seconds until something is left.
    double Wait() const;
  };

  base::Mutex mutex_;
  Left events_ ABSL_GUARDED_BY(mutex_);
  Left bytes_ ABSL_GUARDED_BY(mutex_);
  base::MonoTime at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::access
