#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "carillon/access/principal.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"

namespace carillon::access {

/// A rate limit of what one principal, or one tenant, publishes, by a token bucket with a burst of
/// one second's worth. A message is taken whole, however large, while anything is left; the next
/// one is refused until that is made up for. Messages that begin in the same instant are all taken.
/// Thread-safe.
class PublishQuota {
 public:
  /// Begins with a full second's worth.
  PublishQuota(const PublishRate& rate, base::MonoTime now);

  /// After how long a message can be sent; nullopt: now. Counts nothing.
  std::optional<std::chrono::nanoseconds> Wait(base::MonoTime now);
  /// Counts a message of so many events and bytes.
  void Charge(uint64_t events, uint64_t bytes, base::MonoTime now);
  /// Whether it is as it was at first.
  bool IsFull(base::MonoTime now);

 private:
  /// What is left of one of the two. Below 0: it is to be paid for.
  struct Left {
    double per_second = 0;  ///< 0: no bound
    double now = 0;

    double Full() const;
    void Refill(double seconds);
    /// Seconds until something is left.
    double Wait() const;
  };

  void Refill(base::MonoTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Mutex mutex_;
  Left events_ ABSL_GUARDED_BY(mutex_);
  Left bytes_ ABSL_GUARDED_BY(mutex_);
  base::MonoTime at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::access
