#include "carillon/policy/retry_tokens.h"

namespace carillon::policy {
namespace {

using Seconds = std::chrono::duration<double>;

// Sums of fractions fall short of a whole by a little.
constexpr double kWhole = 1 - 1e-9;

}  // namespace

void RetryTokens::Refill(const model::RetryBudget& budget, base::MonoTime now) {
  const double grant = budget.min_per_second * Seconds(now - refilled_).count();
  refilled_ = now;
  tokens_ = std::min(tokens_ + grant, Most(budget));
  granted_ = std::min(granted_ + grant, budget.min_per_second);
}

// What time has granted is an advance on what first attempts earn: the two do not add up.
void RetryTokens::CountFirst(const model::RetryBudget& budget, base::MonoTime now) {
  Refill(budget, now);
  const double advance = std::min(granted_, budget.ratio);
  granted_ -= advance;
  tokens_ = std::min(tokens_ + budget.ratio - advance, Most(budget));
}

bool RetryTokens::Take(const model::RetryBudget& budget, base::MonoTime now) {
  Refill(budget, now);
  if (tokens_ < kWhole) return false;
  tokens_ = std::max(tokens_ - 1, 0.0);
  return true;
}

base::MonoTime RetryTokens::NextAt(const model::RetryBudget& budget, base::MonoTime now) const {
  const Seconds wait(std::max(1 - tokens_, 0.0) / budget.min_per_second);
  return now + std::chrono::ceil<std::chrono::microseconds>(wait) + std::chrono::microseconds(1);
}

}  // namespace carillon::policy
