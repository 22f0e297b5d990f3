#pragma once

#include <cstdint>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "carillon/base/clock.h"
#include "carillon/store/parked.h"
#include "lane.h"
#include "parked_rows.h"
#include "router.h"
#include "settlement_buffer.h"

namespace carillon::delivery {

/// Gives up deliveries that wait, because their owner wants that: they do not count as dead, and
/// nobody is told. A dead letter in the store settles each of them, so that none comes back after a
/// restart; it is written together with what removes the row. What waits behind one in order goes
/// on. The caller calls `Touched`. Dispatcher's thread; what is given outlives it.
class WaitingRemover {
 public:
  WaitingRemover(const base::Clock& clock, Router& router, SettlementBuffer& settlements,
                 ParkedRows& rows)
      : clock_(clock), router_(router), settlements_(settlements), rows_(rows) {}

  /// Whether `Skip` may follow.
  bool MaySkip(const Lane& lane) const { return router_.skipped().HasRoom(lane.id()); }
  /// One at or above the lane's cursor, which is read for nobody. From `from` up to it the lane
  /// waits for nothing else.
  void Skip(const Lane& lane, uint64_t from, uint64_t position);
  /// Those of the row's deliveries that are `wanted`, in its order; at least one is. `before`: the
  /// position of the row before it in the list, if that is of a kept delivery; else 0. False: the
  /// row is on its way, or comes back by itself.
  bool Remove(Lane& lane, const store::Parked& row, const std::vector<bool>& wanted,
              uint64_t before);
  /// See SettlementBuffer::Tell.
  void Tell(absl::AnyInvocable<void(absl::Status)> done) { settlements_.Tell(std::move(done)); }

 private:
  static bool Take(Lane& lane, const store::Parked& row, uint64_t before);
  void Bury(const Lane& lane, uint64_t position, uint32_t attempts);

  const base::Clock& clock_;
  Router& router_;
  SettlementBuffer& settlements_;
  ParkedRows& rows_;
};

}  // namespace carillon::delivery
