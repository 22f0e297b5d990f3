#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "carillon/base/clock.h"
#include "carillon/model/destination.h"
#include "carillon/model/outcome.h"

namespace carillon::policy {

/// The longest time between two failures of one stretch: a quarter of `failing_for`, an hour where
/// that is longer, and twice the longest time for which the destination's breaker is open.
std::chrono::nanoseconds LongestGap(const model::Destination& destination);

/// The stretch of time in which every attempt at a destination failed, and attempts were made.
/// It begins with the end of a failed attempt, and its length is what the steady clock measured
/// from there to the end of the last failed one. Any outcome but success is a failure (a 4xx too);
/// kCancelled and kLocalShortage are neither. A success ends it.
///
/// A failure begins it anew
/// - after a gap: no attempt failed for longer than `longest_gap`, so nothing was tried;
/// - after a step of the wall clock: since the failure before, it moved by `kStep` more or less
///   than the steady clock. Somebody set it, or the machine slept, for which the steady clock
///   stands still, and nothing was tried;
/// - after a start of the process, since it is kept in memory alone.
///
/// Of fixed size. One thread; the steady clock's times never go back.
class FailingStretch {
 public:
  static constexpr std::chrono::minutes kStep{1};

  /// An attempt ended; `now` and `wall`: at that time.
  void OnResult(model::Outcome outcome, std::chrono::nanoseconds longest_gap, base::MonoTime now,
                base::WallTime wall);
  void Reset() { failures_ = 0; }

  /// Returns the failures in it, or 0 where the destination is well as far as is known.
  uint32_t failures() const { return failures_; }
  std::chrono::nanoseconds length() const;
  /// Returns when it began, as the wall clock had it then, or nullopt when there is none.
  std::optional<base::WallTime> since() const;

 private:
  bool Broken(std::chrono::nanoseconds longest_gap, base::MonoTime now,
              std::chrono::nanoseconds offset) const;

  uint32_t failures_ = 0;
  base::WallTime since_{};
  base::MonoTime first_{};
  base::MonoTime last_{};
  std::chrono::nanoseconds offset_{0};  // of the wall clock from the steady one, at last_
};

}  // namespace carillon::policy
