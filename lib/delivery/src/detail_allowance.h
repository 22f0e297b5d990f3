#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

#include "carillon/base/clock.h"

namespace carillon::delivery {

/// How many details of a destination's attempts the delivery log may keep: kBurst at once and
/// kPerSecond in the long run, so that one that fails fast does not fill it; and of those of which
/// samples are enough one in kSampleEvery.
class DetailAllowance {
 public:
  static constexpr double kBurst = 100;
  static constexpr double kPerSecond = 10;
  static constexpr std::chrono::seconds kSampleEvery{60};

  /// True: one may be kept, and is counted.
  bool Take(base::MonoTime now) {
    const std::chrono::duration<double> since = now - std::exchange(at_, now);
    left_ = std::min(kBurst, left_ + since.count() * kPerSecond);
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }
  /// The same of a sample.
  bool TakeSample(base::MonoTime now) {
    if (now < sample_at_) return false;
    sample_at_ = now + kSampleEvery;
    return true;
  }

 private:
  double left_ = kBurst;
  base::MonoTime at_{};
  base::MonoTime sample_at_{};
};

}  // namespace carillon::delivery
