#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "carillon/base/clock.h"
#include "dispatcher_impl.h"
#include "retry_clock.h"

namespace carillon::delivery {

/// Nobody waits for ever: what a lane wants it gets within a bound, whoever else wants something.
/// And the scheduler knows of it at once: whoever changes a lane says so. Looked at after each
/// step.
class SimLiveness {
 public:
  explicit SimLiveness(const base::Clock& clock) : clock_(clock) {}

  /// The process is another one.
  void NewLife() {
    since_.clear();
    retry_clock_.emplace(clock_);
  }
  /// Nothing is started any more.
  void Drain() { since_.clear(); }
  /// The lane sends something.
  void OnStart(journal::LaneId lane) { since_.erase({lane, Wait::kSend}); }
  void OnStep(DispatcherImpl& dispatcher) {
    const base::WallTime due = retry_clock_->Now();
    dispatcher.ForEachLane([&](Lane& lane) {
      EXPECT_TRUE(dispatcher.scheduler().IsCurrent(lane))
          << "nobody told the scheduler what became of lane " << lane.id();
      const LaneWants wants = lane.Wants();
      const auto needs = [&wants](LaneNeed need) { return wants.Needs(need); };
      Look(lane, Wait::kSend, wants.send, std::chrono::seconds(5));
      Look(lane, Wait::kWake, wants.wake_at && *wants.wake_at <= clock_.Mono(), kAtOnce);
      Look(lane, Wait::kDue, wants.due_at && *wants.due_at <= due, kMemory);
      Look(lane, Wait::kBacklog, needs(LaneNeed::kBacklog), kMemory);
      Look(lane, Wait::kMarks, needs(LaneNeed::kMarks), kAtOnce);
      Look(lane, Wait::kReport, needs(LaneNeed::kReport), kAtOnce);
    });
  }

 private:
  enum class Wait { kSend, kWake, kDue, kBacklog, kMarks, kReport };
  static constexpr std::chrono::milliseconds kAtOnce{1};
  static constexpr std::chrono::seconds kMemory{10};  // until there is some for what is on disk

  void Look(const Lane& lane, Wait wait, bool waits, std::chrono::nanoseconds bound) {
    const std::pair key(lane.id(), wait);
    if (!waits) {
      since_.erase(key);
      return;
    }
    const base::MonoTime since = since_.try_emplace(key, clock_.Mono()).first->second;
    EXPECT_LE((clock_.Mono() - since).count(), bound.count())
        << "lane " << lane.id() << " waits for too long: " << static_cast<int>(wait);
  }

  const base::Clock& clock_;
  std::optional<RetryClock> retry_clock_;  // as the dispatcher has it
  std::map<std::pair<journal::LaneId, Wait>, base::MonoTime> since_;
};

}  // namespace carillon::delivery
