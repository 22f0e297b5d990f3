#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/model/destination.h"
#include "carillon/model/outcome.h"
#include "carillon/policy/failure_window.h"

namespace carillon::policy {

/// Whether an outcome says that the receiver is in trouble: no whole response, 3xx, 429, 5xx. A
/// success and any other 4xx say that it lives; kCancelled and kLocalShortage say neither.
bool IsTrouble(model::Outcome outcome);

/// The circuit breaker of one destination. Closed, it counts failures; too many open it, and
/// nothing is sent. When its time is over it is half-open: one attempt goes, the probe. If that
/// fails it is open again; if not, it ramps up: two attempts at once, and twice as many with each
/// success until the full limit is reached, which closes it. A failure on the way opens it again.
///
/// How long it is open follows from the outage, not from how many probes failed: a tenth of the
/// time from the end of its first failure to the start of the last, at least the policy's `delay`
/// and at most its `max_delay`, less up to a fifth of that by chance. So a receiver that recovers
/// after T is tried within max(delay, T / 10), and max_delay at most; where a probe is under way at
/// that moment and fails, that time counts from the probe's end. A probe that takes until its
/// timeout delays the next by no more than that. No two probes start closer than by 0.8 of it.
///
/// A success ends the outage, on the way up too. What was not tried is not known: after more than
/// `max_delay` without an attempt that could have gone, the next failure begins an outage anew.
///
/// An attempt that started before the last change of state says nothing any more. Times never go
/// back. Used on one thread. A destination without a breaker has no use for this.
class Breaker {
 public:
  enum class Change : uint8_t {
    kNone,
    kOpened,     ///< opened, whether for the first time or again; see `OpenUntil`
    kRecovered,  ///< closed after it was open
  };

  /// Attempts in flight at most, where `full` (at least 1) is the limit otherwise: none when open.
  size_t Limit(size_t full) const;
  bool open() const { return state_ == State::kOpen; }
  bool closed() const { return state_ == State::kClosed; }
  /// Its probe was answered: it is on the way up.
  bool ramping() const { return state_ == State::kRamping; }
  /// Returns when the probe is due, or nullopt when it is not open.
  std::optional<base::MonoTime> OpenUntil() const;

  /// Half-open from now on, when it is open and its time has come.
  void Wake(base::MonoTime now);
  /// An attempt ended. `full` as in `Limit`.
  Change OnResult(const model::Breaker& policy, model::Outcome outcome, size_t full,
                  base::MonoTime started, base::MonoTime now, base::Random& random);
  /// The policy is new: what is open is so no longer than that allows.
  void Shorten(const model::Breaker& policy, base::MonoTime now);
  /// Closed, as if new; what is in flight says nothing any more.
  void Reset(base::MonoTime now);

 private:
  enum class State : uint8_t { kClosed, kOpen, kHalfOpen, kRamping };

  bool TooManyFailures(const model::Breaker& policy) const;
  void NoteTrouble(const model::Breaker& policy, base::MonoTime started, base::MonoTime now);
  Change Open(const model::Breaker& policy, base::MonoTime started, base::MonoTime now,
              base::Random& random);
  Change Grow(size_t full, base::MonoTime now);
  void Become(State state, base::MonoTime now);

  State state_ = State::kClosed;
  base::MonoTime changed_ = base::MonoTime::min();
  base::MonoTime open_until_{};
  std::optional<base::MonoTime> outage_since_;  // end of its first failure
  base::MonoTime looked_until_{};               // when it was last tried, or could not be
  uint32_t consecutive_ = 0;                    // failures, while closed
  size_t ramp_ = 1;                             // the limit while half-open or ramping
  FailureWindow window_;
};

}  // namespace carillon::policy
