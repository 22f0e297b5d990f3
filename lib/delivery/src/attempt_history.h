#pragma once

#include <cstdint>

#include "attempt_end.h"
#include "attempts.h"
#include "carillon/base/clock.h"
#include "carillon/delivery/history_options.h"
#include "carillon/deliverylog/record.h"
#include "carillon/http/courier.h"

namespace carillon::delivery {

/// Tells the delivery log of attempts that ended, and keeps details of those that the setting
/// names, as far as the lane's DetailAllowance goes. Tells the statistics of them too, and of what
/// was given up. Decides nothing. Dispatcher's thread; what is given outlives it.
class AttemptHistory {
 public:
  AttemptHistory(const HistoryOptions& options, uint32_t shard, const base::Clock& clock)
      : options_(options), shard_(shard), clock_(clock) {}

  /// What of the response is to be kept for it.
  void Want(http::Request& request) const;
  /// The attempt left its deliveries in `state`; `next` is when they are tried again. Before they
  /// are taken from it.
  void Add(const Attempt& attempt, const AttemptEnd& end, deliverylog::State state,
           base::WallTime next);
  /// A delivery of the lane was given up, after an attempt or without one.
  void AddDead(const Lane& lane);

 private:
  void Log(const Attempt& attempt, const AttemptEnd& end, deliverylog::State state,
           base::WallTime next);
  void Count(const Attempt& attempt, const AttemptEnd& end, deliverylog::State state);
  bool Allows(Lane& lane, const AttemptEnd& end) const;
  deliverylog::Detail DetailOf(const Attempt& attempt, const AttemptEnd& end) const;

  const HistoryOptions options_;
  const uint32_t shard_;
  const base::Clock& clock_;
};

}  // namespace carillon::delivery
