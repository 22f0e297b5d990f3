#include "dead_letters.h"

#include <map>
#include <set>

namespace carillon::delivery {

Ending DeadLetters::Add(Lane& lane, const DeliveryBatch& deliveries, uint32_t attempts,
                        model::Outcome outcome) {
  std::map<store::GroupId, uint64_t> marks;  // the last position of each group
  deliveries.ForEach([&](const Delivery& delivery) {
    Add(lane, *delivery.event, attempts, outcome);
    if (delivery.group != 0) marks[delivery.group] = delivery.event->position();
  });
  const bool hold = lane.destination().order.after_dead == model::AfterDead::kHold &&
                    lane.mode() == Lane::Mode::kRun;
  if (!hold || marks.empty()) return Ending::kSettled;
  for (const auto& [group, position] : marks) {
    rows_.Mark(lane, group, position);
  }
  return Ending::kStuck;
}

void DeadLetters::Add(Lane& lane, const Observer::GivenUp& delivery) {
  settlements_.Add(store::DeadLetter{lane.id(), delivery.position, delivery.attempts,
                                     delivery.outcome, clock_.Wall()});
  lane.metrics().dead.fetch_add(1, std::memory_order_relaxed);
  history_.AddDead(lane);
  notifier_.OnDead(lane, delivery);
  if (lane.closing()) removals_.OnDead(lane.id());
}

void DeadLetters::Add(Lane& lane, const model::Event& event, uint32_t attempts,
                      model::Outcome outcome) {
  Add(lane, {.position = event.position(),
             .event_id = event.id(),
             .event = &event,
             .attempts = attempts,
             .outcome = outcome});
}

Ending DeadLetters::AddUnsent(Lane& lane, const DeliveryBatch& deliveries) {
  rows_.Unpark(lane, deliveries);
  return Add(lane, deliveries, deliveries.attempts, model::Outcome::kCancelled);
}

// The journal keeps the events of parked rows. Should one be gone all the same, or the row be
// nonsense, the row ends, and nothing of its groups waits for it.
void DeadLetters::AddUnreadable(Lane& lane, const store::Parked& row) {
  rows_.Remove(lane, row);
  std::set<uint64_t> positions{row.position};
  for (const store::BatchMember& member : row.rest) positions.insert(member.position);
  for (const uint64_t position : positions) {
    Add(lane, {.position = position, .event_id = {}, .attempts = row.attempts});
  }
  if (row.due.timed()) lane.groups().Release(row);
}

}  // namespace carillon::delivery
