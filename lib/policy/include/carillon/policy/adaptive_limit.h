#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "carillon/base/clock.h"
#include "carillon/model/outcome.h"

namespace carillon::policy {

/// How many attempts may be in flight at a destination whose capacity is not known: a limit between
/// 1 and a bound, which feels its way.
///
/// - Up, additively: one more after a round (`limit` successes, at least 4) in which the limit was
///   reached and the mean latency was at most twice the base.
/// - Down, by halves, where the receiver pushes back: 429, 503, time-outs, connections that fail or
///   break; at most once in a round trip, since what was in flight at the time tells of the same
///   overload.
/// - Down by one after a round whose mean latency was over four times the base: requests queue up.
///
/// The base is the least mean latency of a round. Every 64 rounds it is measured anew, in a round
/// at an eighth of the limit, with what started in it: so a receiver that has become slower for
/// good is not taken for a crowded one, nor a queue that was always there for the receiver's pace.
///
/// Up and down as in TCP: Chiu and Jain, "Analysis of the Increase and Decrease Algorithms for
/// Congestion Avoidance" (1989); latency as the early sign, with a zone where nothing is done, as
/// in Brakmo and Peterson, "TCP Vegas" (1995); measuring anew as in Cardwell et al., "BBR" (2016),
/// and Envoy's adaptive concurrency. Times never go back. Used on one thread.
class AdaptiveLimit {
 public:
  static constexpr size_t kStart = 4;

  /// `bound`: at least 1.
  explicit AdaptiveLimit(size_t bound);

  size_t limit() const { return measuring_ ? std::max<size_t>(limit_ / 8, 1) : limit_; }
  /// Another bound; the limit stays where it is, if it can.
  void SetBound(size_t bound);
  /// An attempt ended after `latency`. `status`: 0 without a whole response; `in_flight`: attempts
  /// before it ended, itself included.
  void OnResult(model::Outcome outcome, int status, std::chrono::nanoseconds latency,
                size_t in_flight, base::MonoTime now);

 private:
  void Count(std::chrono::nanoseconds latency, size_t in_flight, base::MonoTime now);
  void Adapt(double mean);
  void Halve(base::MonoTime started, base::MonoTime now);
  void BeginRound(base::MonoTime now);

  size_t bound_;
  size_t limit_;
  std::optional<double> base_;  // nanoseconds
  base::MonoTime halved_ = base::MonoTime::min();
  uint32_t rounds_ = 0;
  bool measuring_ = false;

  // This round:
  base::MonoTime began_ = base::MonoTime::min();
  size_t successes_ = 0;
  std::chrono::nanoseconds sum_{0};  // of their latencies
  bool reached_ = false;             // the limit
};

}  // namespace carillon::policy
