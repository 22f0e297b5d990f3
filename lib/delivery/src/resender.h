#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/delivery/resend_order.h"
#include "parked_row_finder.h"
#include "retry_clock.h"
#include "router.h"
#include "settlement_buffer.h"
#include "table_in_force.h"

namespace carillon::delivery {

/// Takes deliveries that are to be made again. Each becomes a parked row that is due at once, with
/// no attempts, so that its schedule begins anew: durable before it is answered, sent within the
/// destination's rate, budget and concurrency, in turns with retries, behind what is new. It goes
/// outside of its ordering group, which neither waits for it nor is held up by it. Dispatcher's
/// thread; what is given outlives it.
class Resender {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<size_t>)>;

  Resender(const TableInForce& routes, const Router& router, ParkedRowFinder& finder,
           SettlementBuffer& settlements, RetryClock& clock)
      : routes_(routes),
        router_(router),
        finder_(finder),
        settlements_(settlements),
        clock_(clock) {}

  /// See Dispatcher::Resend. The lane is to be listed anew.
  void Run(const ResendOrder& order, Done done);

 private:
  /// Everything of the lane below this is settled, as far as routing gave it.
  uint64_t SettledBelow(const Lane& lane) const;
  void Add(Lane& lane, const ResendOrder::Item& item, model::Trigger trigger);
  /// Brings the row forward, which was taken.
  void Hasten(store::Parked row, Done done);
  /// A time that no other row of this class has.
  base::WallTime NextDue();

  const TableInForce& routes_;
  const Router& router_;
  ParkedRowFinder& finder_;
  SettlementBuffer& settlements_;
  RetryClock& clock_;
  base::WallTime last_due_ = base::WallTime::min();
};

}  // namespace carillon::delivery
