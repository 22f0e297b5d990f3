#pragma once

#include <map>

#include "carillon/base/clock.h"
#include "carillon/metrics/metrics.h"
#include "carillon/model/event.h"
#include "carillon/store/lane_state.h"
#include "carillon/store/parked.h"
#include "dead_letters.h"
#include "lane.h"
#include "notifier.h"
#include "operational_events.h"
#include "parked_rows.h"

namespace carillon::delivery {

/// Keeps deliveries of a lane that is behind as rows of their own, and gives up those that exceed
/// the bounds of what is kept, in number, size or age; reports these, for each lane at most once in
/// ten seconds. The caller calls `Touched`. Dispatcher's thread; what is given outlives it.
class Evictor {
 public:
  Evictor(metrics::Metrics& metrics, ParkedRows& rows, DeadLetters& dead, Notifier& notifier)
      : metrics_(metrics), rows_(rows), dead_(dead), notifier_(notifier) {}

  /// An event at the lane's cursor is about to leave the journal, and the lane wants it: it gets a
  /// row, or is evicted when it was accepted before `keep_since`.
  void KeepOrEvict(Lane& lane, const model::Event& event, base::WallTime keep_since);
  /// A row of the lane that was taken to be evicted: it is removed, and its deliveries are dead.
  void EvictRow(Lane& lane, const store::Parked& row, metrics::GivenUp why);

  /// Reports what was evicted of lanes whose last report is long enough ago...
  void Tell(base::MonoTime now);
  /// ...or now: the lane is about to be closed...
  void TellOf(Lane& lane);
  /// ...or the process ends.
  void TellAll();

 private:
  /// What is to be reported of a lane.
  struct Report {
    Lane* lane = nullptr;
    Evicted evicted;
    base::MonoTime tell_at{};  // not before
  };
  void Tell(Report& report);
  /// The deliveries of `row`, which need not be in the journal, are dead; what follows them in
  /// their groups is held where the destination wants it.
  void Evict(Lane& lane, const store::Parked& row, metrics::GivenUp why);

  metrics::Metrics& metrics_;
  ParkedRows& rows_;
  DeadLetters& dead_;
  Notifier& notifier_;
  std::map<store::LaneId, Report> reports_;  // of lanes of which any was evicted of late
};

}  // namespace carillon::delivery
