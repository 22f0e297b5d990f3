#pragma once

#include <array>
#include <boost/intrusive/set.hpp>
#include <cstddef>
#include <memory>
#include <optional>

#include "caps.h"
#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/policy/fair_queue.h"
#include "carillon/policy/in_flight_caps.h"
#include "lane.h"
#include "lane_map.h"
#include "lane_wants.h"
#include "retry_clock.h"
#include "ring_queue.h"

namespace carillon::delivery {

/// Knows where each lane of a shard stands: which have something to send and whose turn it is,
/// which are to be woken when, which wait for something of the journal. Whoever changed a lane in
/// whatever way calls `Touched`, once, when it is done with it; the lane is then listed anew
/// everywhere by what it says that it wants (`Lane::Wants`). There is no other way onto a queue.
///
/// `Touched` takes constant time and allocates nothing, but that a lane listed by another time
/// than before takes its place among the others in logarithmic time, and that a queue which is
/// longer than ever grows. One thread. The lanes, the clock
/// and the source of chance outlive it.
class LaneScheduler {
 public:
  /// `caps` may be null: there are none.
  LaneScheduler(std::shared_ptr<policy::InFlightCaps> caps, LaneMap& lanes, RetryClock& clock,
                base::Random& random);
  ~LaneScheduler();
  LaneScheduler(const LaneScheduler&) = delete;
  LaneScheduler& operator=(const LaneScheduler&) = delete;

  /// A lane is new, and bound to its destination; `Touched` follows.
  void Join(Lane& lane) { caps_.Join(lane); }
  void Touched(Lane& lane);
  /// The lane is about to be destroyed.
  void Leave(Lane& lane);

  // --- Sending: every tenant as many bytes as any other, within it every lane.

  /// False: `NextToSend` has none.
  bool MaySend() const { return !sending_.empty(); }
  /// Whose turn it is; null: nobody's. Unless the lane drops what it has (Lane::Mode::kDrop), it
  /// has got a place for an attempt under the caps; `Release` gives it back, when the attempt ends,
  /// or at once when none is started, before `Touched`. The lane keeps its turn until `Touched`;
  /// before that `Charge` says what it sent.
  Lane* NextToSend(base::MonoTime now);
  void Charge(Lane& lane, size_t bytes) { sending_.Charge(lane, bytes); }
  void Release(Lane& lane);

  // --- What time brings.

  /// Wakes the lanes whose time has come, and lets those try again that had met a cap.
  void Wake(base::MonoTime now);
  /// When to call it; nothing: there is no need to.
  std::optional<base::MonoTime> WakeAt() const;
  /// False: it would do nothing, whatever the time.
  bool MayWake() const { return !waking_.empty() || caps_.Waits(); }
  /// A lane whose parked rows are due by `now`, taken off its queue; null: none is. The journal is
  /// asked for it, and `Touched` follows.
  Lane* NextDue(base::WallTime now);
  /// When there will be one.
  std::optional<base::WallTime> DueAt() const;

  // --- Those that need something: in the order in which they came to need it.

  bool Has(LaneNeed need) const { return QueueOf(need).listed > 0; }
  /// The first, taken off the queue; null: there is none. It is given what it needs, if that is
  /// there, and `Touched` follows: then it may queue again.
  Lane* Next(LaneNeed need);
  /// Visits all. `visit` may touch the lane it is given, and no other.
  template <typename Visit>
  void ForEach(LaneNeed need, Visit visit);
  /// Visits the first `most`; the same.
  template <typename Visit>
  void ForFirst(LaneNeed need, size_t most, Visit visit);

  /// Whether the lane is listed as it wants to be. For tests: a call of `Touched` is missing.
  bool IsCurrent(const Lane& lane) const;

 private:
  using Hook = LaneHook;
  /// A lane that needs nothing any more keeps its place until it comes to the front, and takes it
  /// up again if it does meanwhile.
  struct Queue {
    RingQueue<Lane*> lanes;  // null: it is gone
    size_t listed = 0;       // of these
  };
  struct WakeTime {
    using type = base::MonoTime;
    const type& operator()(const Hook& hook) const { return hook.wake_at_; }
  };
  struct DueTime {
    using type = base::WallTime;
    const type& operator()(const Hook& hook) const { return hook.due_at_; }
  };
  // Those of the same time in the order in which they were listed: a seed replays a run.
  template <Hook::TimeHook Hook::* kHook, typename Time>
  using TimeQueue =
      boost::intrusive::multiset<Hook, boost::intrusive::member_hook<Hook, Hook::TimeHook, kHook>,
                                 boost::intrusive::key_of_value<Time>,
                                 boost::intrusive::constant_time_size<false>>;

  static uint8_t BitOf(LaneNeed need) {
    return static_cast<uint8_t>(1u << static_cast<unsigned>(need));
  }
  Queue& QueueOf(LaneNeed need) { return queues_[static_cast<size_t>(need)]; }
  const Queue& QueueOf(LaneNeed need) const { return queues_[static_cast<size_t>(need)]; }
  /// Lets those try again that may.
  void AdmitCapped(base::MonoTime now);
  void ListForSending(Lane& lane, bool wanted);
  void ListNeeds(Lane& lane, uint8_t needs);
  /// The lane at the front of the queue, which it leaves; null: it is gone, or needs nothing.
  Lane* PopFront(LaneNeed need);
  void ListWake(Hook& hook, std::optional<base::MonoTime> at);
  void ListDue(Hook& hook, std::optional<base::WallTime> at, std::chrono::nanoseconds horizon);

  RetryClock& clock_;
  Caps caps_;
  policy::FairQueue<Lane> sending_;
  std::array<Queue, kLaneNeeds> queues_;
  TimeQueue<&Hook::wake_, WakeTime> waking_;
  TimeQueue<&Hook::due_, DueTime> due_;
};

// Every lane goes from the front to the end, so that all keep their order.
template <typename Visit>
void LaneScheduler::ForEach(LaneNeed need, Visit visit) {
  Queue& queue = QueueOf(need);
  for (size_t left = queue.lanes.size(); left > 0; --left) {
    Lane* const lane = PopFront(need);
    if (lane == nullptr) continue;
    Hook& hook = *lane;
    hook.queued_ = static_cast<uint8_t>(hook.queued_ | BitOf(need));
    queue.lanes.push_back(lane);
    visit(*lane);
  }
}

template <typename Visit>
void LaneScheduler::ForFirst(LaneNeed need, size_t most, Visit visit) {
  Queue& queue = QueueOf(need);
  for (size_t i = 0; i < queue.lanes.size() && most > 0; ++i) {
    Lane* const lane = queue.lanes[i];
    if (lane == nullptr || (static_cast<Hook*>(lane)->listed_ & BitOf(need)) == 0) continue;
    --most;
    visit(*lane);
  }
}

}  // namespace carillon::delivery
