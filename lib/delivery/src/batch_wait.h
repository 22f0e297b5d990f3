#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "carillon/base/clock.h"

namespace carillon::delivery {

/// Whether what a lane has queued waits for more, to go in one batch. One thread.
class BatchWait {
 public:
  /// It waits until then, unless it fills; nothing: it does not wait.
  std::optional<base::MonoTime> until() const {
    return waits() ? std::optional(until_) : std::nullopt;
  }
  bool waits() const { return until_ != kNever; }
  /// It is full, or goes by another configuration: it is to be looked at again.
  void Stop() { until_ = kNever; }
  /// It has waited long enough once.
  bool over() const { return over_; }
  /// Whether it may go; else it waits. The oldest event has waited for `waited`, of `longest` at
  /// most. The time of day may jump, so that it says at most when to look again: then the batch
  /// goes, whatever it says.
  bool MayGo(std::chrono::nanoseconds waited, std::chrono::nanoseconds longest,
             base::MonoTime now) {
    if (over_ || waited >= longest) return true;
    until_ = now + std::min(longest, longest - waited);
    return false;
  }
  void Wake(base::MonoTime now) {
    if (!waits() || until_ > now) return;
    until_ = kNever;
    over_ = true;
  }
  /// It went.
  void OnSent() { over_ = false; }

 private:
  static constexpr base::MonoTime kNever = base::MonoTime::max();

  base::MonoTime until_ = kNever;
  bool over_ = false;
};

}  // namespace carillon::delivery
