#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "carillon/base/clock.h"
#include "carillon/model/destination.h"
#include "carillon/store/lane_state.h"

namespace carillon::delivery {

/// The tokens that rate limits and retry budgets have left, refilled as they say: nothing goes
/// without one.
class SimTokens {
 public:
  explicit SimTokens(const base::Clock& clock) : clock_(clock) {}

  void NewLife() {
    budgets_.clear();
    rates_.clear();
  }
  /// They begin anew for the lanes that are `of`.
  template <typename Of>
  void ForgetRates(Of of) {
    std::erase_if(rates_, [&](const auto& entry) { return of(entry.first); });
  }
  template <typename Of>
  void ForgetBudgets(Of of) {
    std::erase_if(budgets_, [&](const auto& entry) { return of(entry.first); });
  }

  /// In any stretch of time: no more retries than a burst, the floor and the ratio of the first
  /// attempts together. What was parked without an attempt is neither a first attempt nor a retry.
  void CheckBudget(store::LaneId lane, bool parked, bool retry, const model::RetryBudget& budget) {
    const double most = MostOf(budget);
    double& tokens = Refill(budgets_, lane, most, budget.min_per_second);
    if (retry) tokens -= 1;
    if (!parked) tokens = std::min(most, tokens + budget.ratio);
    EXPECT_GE(tokens, -1e-6) << "more retries than the budget has";
  }
  /// It was no attempt: what it took from the budget comes back.
  void GiveBack(store::LaneId lane, const model::RetryBudget& budget) {
    const double most = MostOf(budget);
    double& tokens = Refill(budgets_, lane, most, budget.min_per_second);
    tokens = std::min(most, tokens + 1);
  }
  void CheckRate(store::LaneId lane, const model::Rate& rate) {
    double& tokens = Refill(rates_, lane, rate.burst, rate.per_second);
    tokens -= 1;
    EXPECT_GE(tokens, -1e-3) << "faster than the rate allows";
  }

 private:
  using Buckets = std::map<store::LaneId, std::pair<double, base::MonoTime>>;

  static double MostOf(const model::RetryBudget& budget) {
    return std::max(10.0, budget.min_per_second);
  }
  double& Refill(Buckets& buckets, store::LaneId lane, double most, double per_second) {
    auto& [tokens, since] = buckets.try_emplace(lane, most, clock_.Mono()).first->second;
    const std::chrono::duration<double> passed = clock_.Mono() - since;
    since = clock_.Mono();
    tokens = std::min(most, tokens + per_second * passed.count());
    return tokens;
  }

  const base::Clock& clock_;
  Buckets budgets_;
  Buckets rates_;
};

}  // namespace carillon::delivery
