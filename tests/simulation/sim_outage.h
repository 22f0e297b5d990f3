#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

#include "carillon/base/clock.h"

namespace carillon::delivery {

/// What is promised while nothing becomes durable, because the disk is full or the journal failed:
/// what could be sent again after a crash is bounded. An attempt that ended has a row at least, and
/// with `DispatcherOptions::max_unsettled_rows` of them none is started: so of the attempts that a
/// shard starts fewer than that are over, and none starts once the shard was told that the journal
/// failed. It is told with the first settlement that it hands over, at once after an attempt ends.
class SimOutage {
 public:
  explicit SimOutage(const base::Clock& clock) : clock_(clock) {}

  /// `DispatcherOptions::max_unsettled_rows`.
  void SetBound(size_t max_unsettled) { max_unsettled_ = max_unsettled; }
  /// From now on nothing becomes durable.
  void Begin() { on_ = true; }
  /// The journal failed, too: that does not end but with the process.
  void Fail() { on_ = failed_ = true; }
  /// The disk is good again, or the process is another one.
  void End() {
    if (failed_) return;
    on_ = false;
    started_.clear();
  }
  void NewLife() {
    on_ = failed_ = false;
    started_.clear();
    told_.clear();
  }
  void OnUnsettled(uint32_t shard) { told_.insert(shard); }

  /// The shard starts an attempt beside `in_flight` others.
  void OnStart(uint32_t shard, size_t in_flight) {
    EXPECT_FALSE(told_.contains(shard)) << "sent though nothing of it can be settled any more";
    if (!on_) return;
    auto [at, first] = started_.try_emplace(shard);
    Started& started = at->second;
    if (failed_ && started.failed == 0) started.since = clock_.Mono();
    started.failed += failed_ ? 1 : 0;
    ++started.all;
    ++attempts_;
    EXPECT_LE(started.all, max_unsettled_ + in_flight)
        << "attempts go on without bound while nothing becomes durable";
    if (failed_) EXPECT_LT(clock_.Mono(), started.since + kTold) << "a failure is not told";
  }

  /// Attempts that were started during outages.
  size_t attempts() const { return attempts_; }

 private:
  struct Started {
    size_t all = 0;
    size_t failed = 0;
    base::MonoTime since{};  // the first that was started since the journal failed
  };
  // Attempts end within 0.7 s here.
  static constexpr std::chrono::seconds kTold{1};

  size_t max_unsettled_ = 0;
  const base::Clock& clock_;
  std::map<uint32_t, Started> started_;  // by shard, in this outage
  std::set<uint32_t> told_;
  bool on_ = false;
  bool failed_ = false;
  size_t attempts_ = 0;
};

}  // namespace carillon::delivery
