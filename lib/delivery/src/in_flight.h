#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "attempt_history.h"
#include "attempts.h"
#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/http/courier.h"
#include "groups.h"
#include "lane.h"
#include "lane_scheduler.h"
#include "removal.h"

namespace carillon::delivery {

/// The attempts that are in flight: hands them to the courier, finds them when they are answered,
/// and takes them from their lanes, which end with the last of them when they are closed.
/// Dispatcher's thread; what is given outlives it.
class InFlight {
 public:
  /// `first_token_use`: see Attempts. `random`: for the spans of traces.
  InFlight(uint32_t first_token_use, base::Random& random, http::Courier& courier,
           LaneScheduler& scheduler, Removals& removals, const AttemptHistory& history)
      : attempts_(first_token_use),
        random_(random),
        courier_(courier),
        scheduler_(scheduler),
        removals_(removals),
        history_(history) {}

  /// Starts the attempt to deliver what the lane gave out, with the place under the caps that it
  /// has got. `late`: see Attempt. The caller calls `Touched`.
  void Start(Lane& lane, DeliveryBatch&& deliveries, std::chrono::nanoseconds late,
             base::WallTime wall, base::MonoTime now);
  /// The attempt that was answered, whose place under the caps is free again; `Finish` or `Abandon`
  /// follows. Null: the token is not known (any more).
  Attempt* OnAnswer(uint64_t token);
  /// What it carried has ended so.
  void Finish(Attempt& attempt, Ending ending);
  /// The process ends: what it carried stays as it is, unsettled.
  void Abandon(Attempt& attempt) { attempts_.Abandon(attempt); }

  /// Not answered yet.
  size_t size() const { return attempts_.live(); }

 private:
  Attempts attempts_;
  base::Random& random_;
  http::Courier& courier_;
  LaneScheduler& scheduler_;
  Removals& removals_;
  const AttemptHistory& history_;
};

}  // namespace carillon::delivery
