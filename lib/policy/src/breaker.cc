#include "carillon/policy/breaker.h"

#include <algorithm>
#include <chrono>

namespace carillon::policy {
namespace {

using std::chrono::nanoseconds;

constexpr int kPart = 10;  // of the outage
constexpr double kJitter = 0.2;

/// How long to leave a receiver alone after an outage of `outage`. Never more than the promise: the
/// spread only shortens.
nanoseconds Delay(const model::Breaker& policy, nanoseconds outage, base::Random& random) {
  const nanoseconds least = policy.delay;
  const nanoseconds most = std::max<nanoseconds>(least, policy.max_delay);
  const nanoseconds delay = std::clamp<nanoseconds>(outage / kPart, least, most);
  const double factor = 1 - kJitter * random.Unit();
  return nanoseconds(static_cast<int64_t>(static_cast<double>(delay.count()) * factor));
}

}  // namespace

bool IsTrouble(model::Outcome outcome) {
  switch (outcome) {
    case model::Outcome::kSuccess:
    case model::Outcome::kHttp4xx:
    case model::Outcome::kCancelled:
    case model::Outcome::kLocalShortage:
      return false;
    default:
      return true;
  }
}

size_t Breaker::Limit(size_t full) const {
  switch (state_) {
    case State::kOpen:
      return 0;
    case State::kHalfOpen:
    case State::kRamping:
      return std::min(ramp_, full);
    case State::kClosed:
      break;
  }
  return full;
}

std::optional<base::MonoTime> Breaker::OpenUntil() const {
  return open() ? std::optional(open_until_) : std::nullopt;
}

void Breaker::Wake(base::MonoTime now) {
  if (!open() || now < open_until_) return;
  ramp_ = 1;
  Become(State::kHalfOpen, now);
}

Breaker::Change Breaker::OnResult(const model::Breaker& policy, model::Outcome outcome, size_t full,
                                  base::MonoTime started, base::MonoTime now,
                                  base::Random& random) {
  if (!model::SpeaksOfReceiver(outcome) || open() || started < changed_) return Change::kNone;
  const bool trouble = IsTrouble(outcome);
  if (trouble) {
    NoteTrouble(policy, started, now);
  } else {
    outage_since_.reset();
  }
  if (!closed()) return trouble ? Open(policy, started, now, random) : Grow(full, now);
  window_.Count(policy.window, trouble, now);
  consecutive_ = trouble ? consecutive_ + 1 : 0;
  return trouble && TooManyFailures(policy) ? Open(policy, started, now, random) : Change::kNone;
}

void Breaker::Shorten(const model::Breaker& policy, base::MonoTime now) {
  open_until_ = std::min<base::MonoTime>(open_until_, now + policy.max_delay);
}

void Breaker::Reset(base::MonoTime now) {
  outage_since_.reset();
  Become(State::kClosed, now);
}

bool Breaker::TooManyFailures(const model::Breaker& policy) const {
  if (policy.consecutive_failures > 0 && consecutive_ >= policy.consecutive_failures) return true;
  if (policy.failure_rate > 1 || window_.attempts() < policy.min_attempts) return false;
  return window_.failures() >= policy.failure_rate * window_.attempts();
}

void Breaker::NoteTrouble(const model::Breaker& policy, base::MonoTime started,
                          base::MonoTime now) {
  if (!outage_since_ || started - looked_until_ > policy.max_delay) outage_since_ = now;
  looked_until_ = now;
}

// Whether the receiver was still in trouble after the start of the attempt is not known: it may
// have recovered while the attempt waited for its timeout.
Breaker::Change Breaker::Open(const model::Breaker& policy, base::MonoTime started,
                              base::MonoTime now, base::Random& random) {
  open_until_ = now + Delay(policy, started - *outage_since_, random);
  looked_until_ = open_until_;
  Become(State::kOpen, now);
  return Change::kOpened;
}

Breaker::Change Breaker::Grow(size_t full, base::MonoTime now) {
  ramp_ *= 2;
  if (ramp_ >= full) {
    Reset(now);
    return Change::kRecovered;
  }
  if (state_ == State::kHalfOpen) Become(State::kRamping, now);
  return Change::kNone;
}

void Breaker::Become(State state, base::MonoTime now) {
  state_ = state;
  changed_ = now;
  consecutive_ = 0;
  window_.Clear();
}

}  // namespace carillon::policy
