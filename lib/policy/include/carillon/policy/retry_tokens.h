#pragma once

#include <algorithm>
#include <chrono>

#include "carillon/base/clock.h"
#include "carillon/model/destination.h"

namespace carillon::policy {

/// The retry budget of one destination, as a bucket of tokens: a retry takes one. They come at the
/// greater of two rates: `min_per_second`, and `ratio` of the first attempts. The bucket holds
/// `Most` of them, so a destination that was quiet may retry that many at once. Times never go
/// back.
class RetryTokens {
 public:
  static constexpr double kBurst = 10;
  static double Most(const model::RetryBudget& budget) {
    return std::max(kBurst, budget.min_per_second);
  }

  /// A first attempt starts.
  void CountFirst(const model::RetryBudget& budget, base::MonoTime now);
  /// Takes a token. Returns false when there is none.
  bool Take(const model::RetryBudget& budget, base::MonoTime now);
  /// Gives one back: what it was taken for did not happen.
  void Return(const model::RetryBudget& budget) { tokens_ = std::min(tokens_ + 1, Most(budget)); }
  /// When there will be a token though no first attempt starts; later than `now`.
  base::MonoTime NextAt(const model::RetryBudget& budget, base::MonoTime now) const;
  /// As of the last call.
  double tokens() const { return tokens_; }

 private:
  void Refill(const model::RetryBudget& budget, base::MonoTime now);

  double tokens_ = 0;
  double granted_ = 0;  // by time, in the last second, and not yet made up for by first attempts
  base::MonoTime refilled_{};
};

}  // namespace carillon::policy
