#pragma once

#include <cstdint>

#include "attempt_history.h"
#include "attempts.h"
#include "carillon/base/clock.h"
#include "carillon/delivery/observer.h"
#include "carillon/store/parked.h"
#include "groups.h"
#include "lane.h"
#include "notifier.h"
#include "parked_rows.h"
#include "removal.h"
#include "settlement_buffer.h"

namespace carillon::delivery {

/// Whatever dies passes here: it is written, counted (also by the statistics) and told, to the
/// observer and, where they subscribed to that, to the tenant. The caller settles it in the lane,
/// and calls `Touched`. Dispatcher's thread; what is given outlives it.
class DeadLetters {
 public:
  DeadLetters(const base::Clock& clock, Notifier& notifier, SettlementBuffer& settlements,
              ParkedRows& rows, Removals& removals, AttemptHistory& history)
      : clock_(clock),
        notifier_(notifier),
        settlements_(settlements),
        rows_(rows),
        removals_(removals),
        history_(history) {}

  /// One of which only the row or the position is known: the tenant is not told of it by itself.
  void Add(Lane& lane, const Observer::GivenUp& delivery);
  /// It was given up after `attempts`, the last of which ended so.
  void Add(Lane& lane, const model::Event& event, uint32_t attempts, model::Outcome outcome);
  /// The same for all that a batch carries, whose rows were taken away. kStuck: what follows in
  /// their groups is to be held, and the marks that say so are written; else kSettled.
  Ending Add(Lane& lane, const DeliveryBatch& deliveries, uint32_t attempts,
             model::Outcome outcome);
  /// A batch that the lane gave out is not tried: its rows are taken away. As before.
  Ending AddUnsent(Lane& lane, const DeliveryBatch& deliveries);
  /// A parked row that was taken, and whose event is gone, or that makes no sense.
  void AddUnreadable(Lane& lane, const store::Parked& row);

 private:
  const base::Clock& clock_;
  Notifier& notifier_;
  SettlementBuffer& settlements_;
  ParkedRows& rows_;
  Removals& removals_;
  AttemptHistory& history_;
};

}  // namespace carillon::delivery
