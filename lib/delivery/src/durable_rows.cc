#include "durable_rows.h"

#include <variant>

#include "parked_kind.h"

namespace carillon::delivery {

void DurableRows::OnDurable(const SettlementBuffer::Durable& durable) {
  for (const auto& [id, due] : durable.parked) {
    Lane* lane = lanes_.Find(id);
    if (lane != nullptr && !lane->closing()) OnParked(*lane, due);
  }
  for (const store::ParkedKey& key : durable.unparked) {
    Lane* lane = lanes_.Find(key.lane);
    if (lane != nullptr && !lane->closing()) OnUnparked(*lane, key);
  }
  if (!durable.closed.empty()) {
    journal_.CloseLanes(durable.closed);
    for (const store::LaneId id : durable.closed) {
      scheduler_.Leave(*lanes_.Find(id));
      lanes_.Erase(id);
    }
  }
}

void DurableRows::OnParked(Lane& lane, store::Due due) {
  std::visit(ForKind{[&](TimedRow row) { lane.retries().AddDue(row.due); },
                     [&](HeldRow row) { lane.groups().OnHeld(row.group); },
                     [&](KeptRow) { lane.kept().OnDurable(); },
                     [&](StuckRow) {
                       // It was made before the change, or the call, and is seen only now.
                       if (lane.changed() || !lane.releasing.empty()) lane.groups().WantMarks();
                     }},
             KindOf(due));
  scheduler_.Touched(lane);
}

void DurableRows::OnUnparked(Lane& lane, const store::ParkedKey& key) {
  std::visit(ForKind{[&](TimedRow row) { lane.retries().Forget(row.due, key.position); },
                     [&](HeldRow row) { lane.groups().OnRemoved(row.group); }, [&](KeptRow) {},
                     [&](StuckRow) {
                       lane.groups().OnMarkRemoved(key.position);
                       lane.groups().WantMarks();  // there may be more than one answer holds
                     }},
             KindOf(key.due));
  scheduler_.Touched(lane);
}

}  // namespace carillon::delivery
