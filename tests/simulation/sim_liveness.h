#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "carillon/base/clock.h"
#include "dispatcher_impl.h"

namespace carillon::delivery {

/// Nobody waits forever: what a lane wants it gets within a bound, whoever else wants something.
/// And the scheduler knows of it at once: whoever changes a lane says so. Looked at after each
/// step.
class SimLiveness {
 public:
  explicit SimLiveness(const base::Clock& clock) : clock_(clock) {}

  /// The process is another one.
  void NewLife() { since_.clear(); }
  /// Nothing is started any more.
  void Drain() { since_.clear(); }
  /// The lane sends something.
  void OnStart(store::LaneId lane) { since_.erase({lane, Wait::kSend}); }
  /// `room`: there is memory for what is on disk. Without, it is waited for until others give up
  /// theirs, and what they had may come back first.
  void OnStep(DispatcherImpl& dispatcher, bool room) {
    // The dispatcher's retry clock may be ahead of it, but never behind when it is asked.
    const base::WallTime due = clock_.Wall();
    dispatcher.ForEachLane([&](Lane& lane) {
      EXPECT_TRUE(dispatcher.scheduler().IsCurrent(lane))
          << "nobody told the scheduler what became of lane " << lane.id();
      const LaneWants wants = lane.Wants();
      const auto needs = [&wants](LaneNeed need) { return wants.Needs(need); };
      Look(lane, Wait::kSend, wants.send, std::chrono::seconds(5));
      Look(lane, Wait::kWake, wants.wake_at && *wants.wake_at <= clock_.Mono(), kAtOnce);
      Look(lane, Wait::kDue, room && wants.due_at && *wants.due_at <= due, kRead);
      Look(lane, Wait::kBacklog, room && needs(LaneNeed::kBacklog), kRead);
      Look(lane, Wait::kMarks, needs(LaneNeed::kMarks), kAtOnce);
      Look(lane, Wait::kReport, needs(LaneNeed::kReport), kAtOnce);
    });
  }

 private:
  enum class Wait { kSend, kWake, kDue, kBacklog, kMarks, kReport };
  static constexpr std::chrono::milliseconds kAtOnce{1};
  static constexpr std::chrono::seconds kRead{10};

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
  std::map<std::pair<store::LaneId, Wait>, base::MonoTime> since_;
};

}  // namespace carillon::delivery
