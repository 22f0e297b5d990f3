#pragma once

#include <algorithm>
#include <chrono>

#include "carillon/base/clock.h"

namespace carillon::delivery {

/// The time of day by which retries become due: it follows the wall clock forward but never goes
/// back, so that a wall clock set back makes no delivery wait for that hour again.
class RetryClock {
 public:
  explicit RetryClock(const base::Clock& clock) : clock_(clock) {}

  base::WallTime Now() {
    const base::MonoTime mono = clock_.Mono();
    offset_ = std::max(offset_, clock_.Wall().time_since_epoch() - mono.time_since_epoch());
    return base::WallTime(mono.time_since_epoch() + offset_);
  }

  /// When `due` comes, as far as is known now.
  base::MonoTime ToMono(base::WallTime due) const {
    return base::MonoTime(due.time_since_epoch() - offset_);
  }

 private:
  const base::Clock& clock_;
  std::chrono::nanoseconds offset_{std::chrono::nanoseconds::min() / 2};
};

}  // namespace carillon::delivery
