#include "dead_letters.h"

#include <map>
#include <set>

#include "parked_kind.h"

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
    settlements_.Add(StuckMark(lane.id(), group, position, lane.destination().generation));
  }
  return Ending::kStuck;
}

void DeadLetters::Add(Lane& lane, const Observer::GivenUp& delivery) {
  settlements_.Add(store::DeadLetter{lane.id(), delivery.position, delivery.attempts,
                                     delivery.outcome, clock_.Wall()});
  lane.metrics().dead.fetch_add(1, std::memory_order_relaxed);
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

// The journal keeps the events of parked rows. Should one be gone all the same, or the row be
// nonsense, the row ends, and nothing of its groups waits for it.
void DeadLetters::AddUnreadable(Lane& lane, const store::Parked& row) {
  settlements_.Add(store::ParkedKey{lane.id(), row.due, row.position});
  lane.retries().CountUnparked(1 + row.rest.size());
  std::set<uint64_t> positions{row.position};
  for (const store::BatchMember& member : row.rest) positions.insert(member.position);
  for (const uint64_t position : positions) {
    Add(lane, {.position = position, .event_id = {}, .attempts = row.attempts});
  }
  if (row.due.timed()) lane.groups().Release(row);
}

}  // namespace carillon::delivery
