#pragma once

#include <algorithm>
#include <chrono>

#include "carillon/base/clock.h"

namespace carillon::journal {

/// How long a disk that was full has to take every write before it counts as having room again:
/// small writes may still fit where larger ones do not, and who asks twice a second would be told
/// something else each time. Twice as long each time it was full again soon after, up to four
/// times: what is refused for longer than the disk is full is refused for nothing. Pure: `now` is
/// an argument.
class DiskHold {
 public:
  using Time = base::MonoTime;
  explicit DiskHold(std::chrono::nanoseconds least) : least_(least), hold_(least) {}

  /// A write found no room. Returns until when the disk counts as full.
  Time Failed(Time now) {
    if (now >= until_) {
      const bool soon = until_ != Time() && now < until_ + kMost * least_;
      hold_ = soon ? std::min(2 * hold_, kMost * least_) : least_;
    }
    return until_ = now + hold_;
  }
  bool Holds(Time now) const { return now < until_; }

 private:
  static constexpr int kMost = 4;
  std::chrono::nanoseconds least_;
  std::chrono::nanoseconds hold_;
  Time until_{};
};

}  // namespace carillon::journal
