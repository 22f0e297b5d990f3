#include "pace.h"

#include <algorithm>

#include "carillon/policy/retry.h"

namespace carillon::delivery {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstShortage{100};
constexpr uint32_t kShortageDoublings = 6;
constexpr milliseconds kLongestShortage{5'000};

}  // namespace

void Pace::Bind(const model::Destination& destination, base::MonoTime now) {
  destination_ = &destination;
  if (destination.breaker) {
    breaker_.Shorten(*destination.breaker, now);
  } else if (!breaker_.closed()) {
    breaker_.Reset(now);
  }
  if (paused_until_) {
    const auto longest = policy::LongestPause(destination.retry);
    paused_until_ = std::min(*paused_until_, now + longest);
  }
  if (destination.adaptive && !adaptive_) adaptive_ = std::make_unique<policy::AdaptiveLimit>(1);
  if (adaptive_) adaptive_->SetBound(destination.concurrency);
  rate_at_.reset();  // rate and budget may be others
  budget_at_.reset();
}

size_t Pace::Limit() const {
  return destination_->breaker ? breaker_.Limit(FullLimit()) : FullLimit();
}

size_t Pace::FullLimit() const {
  if (destination_->order.by == model::Ordering::kStrict) return 1;
  return destination_->adaptive ? adaptive_->limit() : destination_->concurrency;
}

void Pace::Pause(base::MonoTime until) {
  if (!paused_until_ || *paused_until_ < until) paused_until_ = until;
}

// What ends during the owner's pause makes no difference before that does.
std::optional<base::MonoTime> Pace::WakeAt() const {
  if (owner_until_ == base::MonoTime::max()) return std::nullopt;
  std::optional<base::MonoTime> at = std::max(owner_until_, paused_until_);
  if (open()) at = std::max(at, breaker_.OpenUntil());
  if (at) return at;
  return rate_at_ ? rate_at_ : budget_at_;
}

Pace::Ended Pace::Wake(base::MonoTime now) {
  const auto over = [now](std::optional<base::MonoTime>& at) {
    const bool ended = at && *at <= now;
    if (ended) at.reset();
    return ended;
  };
  Ended ended;
  const bool asked_for = !OnlyOwnPause();
  const bool asked_over = over(paused_until_) && asked_for;
  ended.pause = over(owner_until_) || asked_over;
  ended.rate = over(rate_at_);
  over(budget_at_);
  if (open()) {
    breaker_.Wake(now);
    ended.breaker = !open();
  }
  return ended;
}

bool Pace::RateAllows(base::MonoTime now) {
  if (!destination_->rate || rate_.Ready(*destination_->rate, now)) return true;
  rate_at_ = rate_.NextAt(*destination_->rate, now);
  return false;
}

bool Pace::TakeRetry(base::MonoTime now) {
  if (tokens_.Take(destination_->retry.budget, now)) return true;
  budget_at_ = tokens_.NextAt(destination_->retry.budget, now);
  return false;
}

void Pace::OnFirst(base::MonoTime now) {
  tokens_.CountFirst(destination_->retry.budget, now);
  budget_at_.reset();  // there may be enough again
}

void Pace::OnStart(base::MonoTime now) {
  if (destination_->rate) rate_.Take(*destination_->rate, now);
}

policy::Breaker::Change Pace::OnEnd(model::Outcome outcome, const http::Response& response,
                                    size_t in_flight, base::Random& random) {
  shortages_ = 0;
  if (destination_->adaptive) {
    adaptive_->OnResult(outcome, response.status, response.ended - response.started, in_flight,
                        response.ended);
  }
  if (!destination_->breaker) return policy::Breaker::Change::kNone;
  return breaker_.OnResult(*destination_->breaker, outcome, FullLimit(), response.started,
                           response.ended, random);
}

// What was in flight at the time tells of the same shortage.
milliseconds Pace::OnShortage(bool retry, base::MonoTime now, base::Random& random) {
  if (retry) tokens_.Return(destination_->retry.budget);
  if (now >= shortage_until_) {
    const milliseconds most = std::min(kLongestShortage, kFirstShortage * (1 << shortages_));
    shortages_ = std::min(shortages_ + 1, kShortageDoublings);
    const double part = 0.5 + random.Unit() / 2;
    shortage_until_ = now + std::chrono::duration_cast<milliseconds>(part * most);
    Pause(shortage_until_);
  }
  return std::chrono::ceil<milliseconds>(shortage_until_ - now);
}

void Pace::Reset(base::MonoTime now) { breaker_.Reset(now); }

}  // namespace carillon::delivery
