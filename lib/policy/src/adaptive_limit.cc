#include "carillon/policy/adaptive_limit.h"

#include <algorithm>

namespace carillon::policy {
namespace {

using model::Outcome;

constexpr size_t kLeastRound = 4;
constexpr double kCalm = 2;     // times the base
constexpr double kCrowded = 4;  // times the base
constexpr uint32_t kRoundsToMeasure = 64;

bool PushesBack(Outcome outcome, int status) {
  switch (outcome) {
    case Outcome::kHttp429:
    case Outcome::kConnectTimeout:
    case Outcome::kResponseTimeout:
    case Outcome::kConnectRefused:
    case Outcome::kUnreachable:
    case Outcome::kReset:
      return true;
    case Outcome::kHttp5xx:
      return status == 503;
    default:
      return false;
  }
}

}  // namespace

AdaptiveLimit::AdaptiveLimit(size_t bound) : bound_(bound), limit_(std::min(bound, kStart)) {}

void AdaptiveLimit::SetBound(size_t bound) {
  bound_ = bound;
  limit_ = std::min(limit_, bound);
}

void AdaptiveLimit::OnResult(Outcome outcome, int status, std::chrono::nanoseconds latency,
                             size_t in_flight, base::MonoTime now) {
  if (outcome == Outcome::kSuccess) {
    Count(latency, in_flight, now);
  } else if (PushesBack(outcome, status)) {
    Halve(now - latency, now);
  }
}

void AdaptiveLimit::Count(std::chrono::nanoseconds latency, size_t in_flight, base::MonoTime now) {
  if (measuring_ && now - latency < began_) return;
  ++successes_;
  sum_ += latency;
  reached_ = reached_ || in_flight >= limit_;
  if (successes_ < std::max(limit(), kLeastRound)) return;
  const double mean = static_cast<double>(sum_.count()) / static_cast<double>(successes_);
  if (measuring_) {
    base_ = mean;
  } else {
    Adapt(mean);
  }
  measuring_ = ++rounds_ % kRoundsToMeasure == 0;
  BeginRound(now);
}

void AdaptiveLimit::Adapt(double mean) {
  base_ = std::min(base_.value_or(mean), mean);
  if (mean > kCrowded * *base_) {
    limit_ = std::max<size_t>(limit_ - 1, 1);
  } else if (reached_ && mean <= kCalm * *base_) {
    limit_ = std::min(limit_ + 1, bound_);
  }
}

void AdaptiveLimit::Halve(base::MonoTime started, base::MonoTime now) {
  if (started < halved_) return;
  halved_ = now;
  limit_ = std::max<size_t>(limit_ / 2, 1);
  BeginRound(now);
}

void AdaptiveLimit::BeginRound(base::MonoTime now) {
  began_ = now;
  successes_ = 0;
  sum_ = {};
  reached_ = false;
}

}  // namespace carillon::policy
