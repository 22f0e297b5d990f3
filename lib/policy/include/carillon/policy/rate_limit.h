#pragma once

#include <chrono>
#include <cstdint>

#include "carillon/base/clock.h"
#include "carillon/model/destination.h"

namespace carillon::policy {

/// A token bucket, full at first: in any span of time t it gives at most burst + per_second * t
/// tokens. Kept as the instant at which the bucket is full again (the generic cell rate algorithm,
/// ITU-T I.371), in whole nanoseconds, so nothing is lost or won by rounding over time. Another
/// rate than before finds the bucket as many tokens short as it was, and no more than empty.
/// Times are not negative and never go back. Used on one thread.
class RateLimit {
 public:
  /// Takes a token. Returns false when there is none.
  bool Take(const model::Rate& rate, base::MonoTime now);
  bool Ready(const model::Rate& rate, base::MonoTime now) const;
  /// An instant after `now` at which `Take` succeeds: the first one.
  base::MonoTime NextAt(const model::Rate& rate, base::MonoTime now) const;

 private:
  void Adopt(const model::Rate& rate, base::MonoTime now) const;

  // What is missing in the bucket, in two forms: another rate writes it down anew.
  mutable base::MonoTime full_at_{};
  mutable model::Rate rate_;  // by which full_at_ was reckoned
};

}  // namespace carillon::policy
