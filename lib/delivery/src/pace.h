#pragma once

#include <algorithm>
#include <memory>
#include <optional>

#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/http/courier.h"
#include "carillon/model/destination.h"
#include "carillon/policy/adaptive_limit.h"
#include "carillon/policy/breaker.h"
#include "carillon/policy/rate_limit.h"
#include "carillon/policy/retry_tokens.h"

namespace carillon::delivery {

/// How fast a lane may go: pauses that its owner or the receiver asked for, breaker, limit of what
/// is in flight, rate, retry budget. Says what may start now and when to ask again. One thread;
/// times never go back.
class Pace {
 public:
  /// `destination` stays until the next call. What it asks for holds from `now` on: a pause or an
  /// open breaker lasts no longer than it allows.
  void Bind(const model::Destination& destination, base::MonoTime now);

  /// Attempts in flight at most.
  size_t Limit() const;
  /// Nothing starts before `WakeAt`.
  bool Blocked() const { return Resting() || rate_at_; }
  /// Blocked for longer: what is parked may stay on disk.
  bool Resting() const { return owner_until_ || paused_until_ || open(); }
  /// Blocked, though its destination could be sent to: this machine was short of something.
  bool OnlyShort() const { return OnlyOwnPause() && !owner_until_ && !open() && !rate_at_; }
  /// Its breaker neither is nor was open: attempts are not held down for it.
  bool closed() const { return !destination_->breaker || breaker_.closed(); }
  /// Its breaker is open.
  bool open() const { return destination_->breaker && breaker_.open(); }
  /// Until when; nothing: it is not open.
  std::optional<base::MonoTime> OpenUntil() const {
    return open() ? breaker_.OpenUntil() : std::nullopt;
  }

  /// It is on the way from open to closed, and its probe was answered.
  bool ramping() const { return destination_->breaker && breaker_.ramping(); }
  /// The end of a pause that the receiver asked for, or nullopt when there is none.
  std::optional<base::MonoTime> AskedPauseUntil() const {
    return OnlyOwnPause() ? std::nullopt : paused_until_;
  }

  /// The owner's pause: nothing is started before `until` (MonoTime::max(): until it is resumed),
  /// whatever the configuration and the receiver say. Replaces the one before.
  void PauseByOwner(base::MonoTime until) { owner_until_ = until; }
  bool PausedByOwner() const { return owner_until_.has_value(); }
  /// Ends the owner's pause.
  void ResumeByOwner() { owner_until_.reset(); }
  /// Ends the one that the receiver asked for.
  void EndAskedPause() {
    if (!OnlyOwnPause()) paused_until_.reset();
  }

  /// Nothing is started before `until`. A longer pause stays.
  void Pause(base::MonoTime until);
  /// When to call `Wake`; nothing: there is no need to.
  std::optional<base::MonoTime> WakeAt() const;
  /// Which kinds of waits ended with it; a pause of our own shortage is none.
  struct Ended {
    bool pause = false;
    bool breaker = false;
    bool rate = false;
  };
  Ended Wake(base::MonoTime now);

  /// Whether the rate allows one more now; false: the lane is blocked until it does.
  bool RateAllows(base::MonoTime now);
  /// Takes a retry from the budget; false: there may be none before `WakeAt`.
  bool TakeRetry(base::MonoTime now);
  /// The budget allows no retry at the moment.
  bool NoRetry() const { return budget_at_.has_value(); }
  /// Retries that the budget allows, as of the last call.
  double retries() const { return tokens_.tokens(); }
  void OnFirst(base::MonoTime now);
  void OnStart(base::MonoTime now);
  /// `in_flight`: with this one.
  policy::Breaker::Change OnEnd(model::Outcome outcome, const http::Response& response,
                                size_t in_flight, base::Random& random);
  /// An attempt could not be made for want of something on this machine: the lane pauses, twice as
  /// long each time until one is made again, from 50-100 ms up to 2.5-5 s. Says for how long from
  /// now. `retry`: it had taken from the budget, and gives it back.
  std::chrono::milliseconds OnShortage(bool retry, base::MonoTime now, base::Random& random);
  /// The destination was enabled again: its breaker starts anew. A pause stays.
  void Reset(base::MonoTime now);

 private:
  size_t FullLimit() const;
  /// It pauses for a shortage of this machine.
  bool OnlyOwnPause() const { return paused_until_ == shortage_until_; }

  const model::Destination* destination_ = nullptr;
  policy::Breaker breaker_;
  std::unique_ptr<policy::AdaptiveLimit> adaptive_;  // made when it is asked for: few have one
  policy::RateLimit rate_;
  policy::RetryTokens tokens_;
  std::optional<base::MonoTime> owner_until_;
  std::optional<base::MonoTime> paused_until_;
  std::optional<base::MonoTime> rate_at_;
  std::optional<base::MonoTime> budget_at_;
  uint32_t shortages_ = 0;  // pauses for one in a row
  base::MonoTime shortage_until_{};
};

}  // namespace carillon::delivery
