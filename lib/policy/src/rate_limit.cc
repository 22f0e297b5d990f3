#include "carillon/policy/rate_limit.h"

#include <algorithm>
#include <cmath>

namespace carillon::policy {
namespace {

using std::chrono::nanoseconds;

/// From one token to the next, rounded up: never faster than asked.
nanoseconds Interval(const model::Rate& rate) {
  return nanoseconds(static_cast<int64_t>(std::ceil(1e9 / rate.per_second)));
}

/// A bucket that is full again within this has a token.
nanoseconds Tolerance(const model::Rate& rate) { return Interval(rate) * (rate.burst - 1); }

}  // namespace

void RateLimit::Adopt(const model::Rate& rate, base::MonoTime now) const {
  full_at_ = std::max(full_at_, now);
  if (rate == rate_) return;
  const auto missing =
      static_cast<double>((full_at_ - now).count()) / static_cast<double>(Interval(rate_).count());
  const double tokens = std::min(missing, static_cast<double>(rate.burst));
  full_at_ = now + nanoseconds(std::llround(tokens * static_cast<double>(Interval(rate).count())));
  rate_ = rate;
}

bool RateLimit::Ready(const model::Rate& rate, base::MonoTime now) const {
  Adopt(rate, now);
  return full_at_ - now <= Tolerance(rate);
}

bool RateLimit::Take(const model::Rate& rate, base::MonoTime now) {
  if (!Ready(rate, now)) return false;
  full_at_ += Interval(rate);
  return true;
}

base::MonoTime RateLimit::NextAt(const model::Rate& rate, base::MonoTime now) const {
  Adopt(rate, now);
  return std::max(full_at_ - Tolerance(rate), now + nanoseconds(1));
}

}  // namespace carillon::policy
