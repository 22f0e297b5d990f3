#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "carillon/model/event.h"
#include "carillon/store/event_log.h"

namespace carillon::operations {

/// Which events of the log are looked at, and in which order.
struct WalkRange {
  uint64_t low = 1;   ///< positions from it on
  uint64_t high = 1;  ///< and below it
  bool newest_first = true;
};

/// How far a walk has come.
struct WalkProgress {
  uint64_t positions = 0;  ///< that it is through with, whether there are events or not
  uint64_t bytes = 0;      ///< of events that were read
};

/// Whoever looks at the events of a walk.
class EventVisitor {
 public:
  enum class Next { kGoOn, kStopBehind, kStopBefore };

  /// What is under way ends with the visitor, also where the thread that looks, or the log, ended.
  virtual ~EventVisitor() = default;
  /// Looks at the next event. kStopBehind: the walk ends; kStopBefore: so that this event is the
  /// first of what is left.
  virtual Next Visit(const model::EventPtr& event) = 0;
  /// Asked before each piece of the log is read. False: the walk ends.
  virtual bool MayGoOn(const WalkProgress& progress) = 0;
  /// Once, unless the thread that looks, or the log, ended before. `rest` is what was not looked
  /// at, in the same order; empty (`low >= high`): that was all.
  virtual void OnEnd(const WalkRange& rest) = 0;
};

/// Runs a task soon on the thread that looks at events; false: that has ended, and nothing happens.
using PostLook = std::function<bool(absl::AnyInvocable<void()> task)>;

/// Shows the events of a range to the visitor, on the thread of `post`; called on it, too. The log
/// is read a piece at a time (at most about 16 MiB, 1024 positions where the newest come first), so
/// that what deliveries read goes in between. `high` is at most one more than the last position of
/// the log. `events` and what `post` leads to outlive the walk, or drop what is under way.
void WalkEvents(store::EventLog& events, const WalkRange& range, PostLook post,
                std::shared_ptr<EventVisitor> visitor);

/// Tells the first position from 1 on that has an event, or may get one. `done`, once, on a thread
/// of the log; or never, where the log is stopped.
void FindOldest(store::EventLog& events, absl::AnyInvocable<void(uint64_t)> done);

}  // namespace carillon::operations
