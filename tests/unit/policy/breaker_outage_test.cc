// Outages of a second to a day, drawn by lot, at a receiver with steady traffic: how soon after its
// recovery it is tried, how often while it is dead, and how fast what waited goes.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "carillon/policy/breaker.h"

namespace carillon::policy {
namespace {

using model::Outcome;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using Seconds = std::chrono::duration<double>;

constexpr size_t kFullLimit = 32;
constexpr milliseconds kAnswers{20};
constexpr milliseconds kArrivals{50};  // between attempts that traffic asks for

/// What `T` promises by the default settings.
double Promise(double outage) { return std::clamp(outage / 10, 1.0, 60.0); }

class Outage {
 public:
  Outage(uint64_t seed, nanoseconds length, milliseconds timeout)
      : random_(seed),
        timeout_(timeout),
        begin_(now_ + seconds(2) + milliseconds(random_.Next() % 1000)),
        end_(begin_ + length) {}

  /// Until the breaker is closed after the outage.
  void Run() {
    while (now_ < end_ || !breaker_.closed() || !recovered_) {
      breaker_.Wake(now_);
      StartAll();
      now_ = Next();
      EndAll();
    }
  }

  double length() const { return Seconds(end_ - begin_).count(); }
  /// Starts of attempts in the outage.
  const std::vector<base::MonoTime>& tried() const { return tried_; }
  /// Starts of probes, of which each but the last failed.
  const std::vector<base::MonoTime>& probes() const { return probes_; }
  /// From recovery to the first attempt that started after it.
  double found() const { return Seconds(found_ - end_).count(); }
  /// What was left of an attempt in flight at recovery.
  double under_way() const { return under_way_; }
  /// From the first success to the full limit.
  double ramp() const { return Seconds(now_ - *recovered_).count(); }
  base::MonoTime first_failure() const { return first_failure_; }

 private:
  struct Attempt {
    base::MonoTime started;
    base::MonoTime ends;
    Outcome outcome;
  };
  bool Dead(base::MonoTime at) const { return at >= begin_ && at < end_; }

  void StartAll() {
    // Closed, as traffic comes; else there is always something that waits.
    while (flying_.size() < breaker_.Limit(kFullLimit) &&
           (!breaker_.closed() || now_ >= arrives_)) {
      if (breaker_.closed()) arrives_ = now_ + kArrivals;
      Start();
    }
  }
  void Start() {
    Attempt attempt{now_, now_ + kAnswers, Outcome::kSuccess};
    if (Dead(now_)) {
      const bool hangs = random_.Unit() < 0.5;
      attempt.outcome = hangs ? Outcome::kResponseTimeout : Outcome::kConnectRefused;
      const milliseconds soon(1 + random_.Next() % 20);
      attempt.ends = now_ + (hangs ? timeout_ : soon);
      tried_.push_back(now_);
      if (attempt.ends > end_) {
        under_way_ = std::max(under_way_, Seconds(attempt.ends - end_).count());
      }
    } else if (now_ >= end_ && found_ == base::MonoTime()) {
      found_ = now_;
    }
    if (!breaker_.closed() && breaker_.Limit(kFullLimit) == 1) probes_.push_back(now_);
    flying_.push_back(attempt);
  }
  base::MonoTime Next() const {
    base::MonoTime next = base::MonoTime::max();
    for (const Attempt& attempt : flying_) next = std::min(next, attempt.ends);
    if (const auto until = breaker_.OpenUntil()) next = std::min(next, *until);
    if (breaker_.closed() && flying_.size() < kFullLimit) next = std::min(next, arrives_);
    return next;
  }
  void EndAll() {
    std::vector<Attempt> ended;
    std::erase_if(flying_, [&](const Attempt& attempt) {
      if (attempt.ends > now_) return false;
      ended.push_back(attempt);
      return true;
    });
    for (const Attempt& attempt : ended) {
      const bool failed = attempt.outcome != Outcome::kSuccess;
      if (failed && first_failure_ == base::MonoTime()) first_failure_ = now_;
      if (!failed && now_ >= end_ && !recovered_) recovered_ = now_;
      breaker_.OnResult(policy_, attempt.outcome, kFullLimit, attempt.started, now_, random_);
    }
  }

  const model::Breaker policy_;
  base::SeededRandom random_;
  Breaker breaker_;
  const milliseconds timeout_;
  base::MonoTime now_{hours(1)};
  const base::MonoTime begin_;
  const base::MonoTime end_;
  base::MonoTime arrives_{};
  std::vector<Attempt> flying_;
  std::vector<base::MonoTime> tried_;
  std::vector<base::MonoTime> probes_;
  base::MonoTime found_{};
  base::MonoTime first_failure_{};
  std::optional<base::MonoTime> recovered_;
  double under_way_ = 0;
};

void CheckOutage(uint64_t seed) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  base::SeededRandom random(seed * 7919);
  const double length = std::exp(random.Unit() * std::log(86'400.0));  // 1 s to a day
  const milliseconds timeout(100 + random.Next() % 15'000);
  const auto ms = static_cast<int64_t>(length * 1000);
  Outage outage(seed, milliseconds(ms), timeout);
  outage.Run();
  // Where an attempt was under way at recovery, from its end on.
  ASSERT_LE(outage.found(), Promise(outage.length()) + outage.under_way() + 1e-6)
      << "outage of " << length << " s, timeout " << timeout.count() << " ms";
  const auto& probes = outage.probes();
  for (size_t i = 1; i < probes.size(); ++i) {
    const double known = Seconds(probes[i - 1] - outage.first_failure()).count();
    ASSERT_GE(Seconds(probes[i] - probes[i - 1]).count(), 0.8 * Promise(known) - 1e-6) << i;
  }
  // Those that opened it, then one a second for ten, then by the power of 1.08, then one in 48 s.
  const double grows = std::log(std::clamp(length / 10, 1.0, 60.0)) / std::log(1.08);
  const double most = kFullLimit + 13 + grows + 1 + std::max(0.0, length - 600) / 48;
  ASSERT_LE(static_cast<double>(outage.tried().size()), most);
  // Five successes, of which each lets twice as many go.
  ASSERT_LE(outage.ramp(), 5 * Seconds(kAnswers).count()) << "a dribble";
}

TEST(BreakerOutage, RecoveryIsFoundWithinATenthOfTheOutageAndTheDeadAreTriedNoOftener) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    CheckOutage(seed);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(BreakerOutage, OfHalfAMinuteIsNoticedWithinThreeSecondsHoweverProbesEnd) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    Outage outage(seed, seconds(35), milliseconds(500));
    outage.Run();
    ASSERT_LE(outage.found(), 3.5 + 0.5) << "seed " << seed;
  }
}

}  // namespace
}  // namespace carillon::policy
