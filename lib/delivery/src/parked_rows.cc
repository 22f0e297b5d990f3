#include "parked_rows.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "carillon/codec/body.h"
#include "parked_kind.h"

namespace carillon::delivery {

base::WallTime ParkedRows::Park(Lane& lane, const DeliveryBatch& deliveries,
                                std::chrono::nanoseconds wait, uint32_t attempts) {
  const base::WallTime due = clock_.Now() + wait;
  store::Parked row{.lane = lane.id(),
                    .due = store::Due::At(due),
                    .position = deliveries.position(),
                    .attempts = attempts,
                    .group = deliveries.first.group,
                    .rest = {},
                    .bytes = deliveries.first.event->record().size(),
                    .trigger = deliveries.trigger,
                    .earlier = deliveries.earlier};
  for (const Delivery& delivery : deliveries.rest) {
    row.rest.push_back({delivery.event->position(), delivery.group});
    row.bytes += delivery.event->record().size();
  }
  lane.retries().CountParked(deliveries.size());
  if (!row.rest.empty() && !codec::IsBatchFormat(lane.destination().format)) {
    ParkApart(lane, row);
  } else {
    settlements_.Add(std::move(row));
  }
  return due;
}

void ParkedRows::ParkApart(Lane& lane, const store::Parked& batch) {
  std::vector<store::GroupId> seen;
  const auto park = [&](const store::BatchMember& member) {
    store::Parked row{.lane = lane.id(),
                      .due = batch.due,
                      .position = member.position,
                      .attempts = batch.attempts,
                      .group = member.group,
                      .rest = {},
                      .bytes = batch.bytes / (1 + batch.rest.size()),
                      .trigger = batch.trigger,
                      .earlier = batch.earlier};
    if (std::find(seen.begin(), seen.end(), member.group) != seen.end()) {
      row.due = store::Due::Held(member.group);
      lane.groups().HoldAgain(member.group, member.position);
    } else if (member.group != 0) {
      seen.push_back(member.group);
    }
    settlements_.Add(std::move(row));
  };
  park({batch.position, batch.group});
  for (const store::BatchMember& member : batch.rest) park(member);
}

// They go when their rows are durable, with the attempts that were made. The new rows must not
// share a key with the old one, which is known as taken until it is gone.
void ParkedRows::TakeApart(Lane& lane, store::Parked batch) {
  settlements_.Add(store::ParkedKey{lane.id(), batch.due, batch.position});
  const base::WallTime now = clock_.Now();
  const bool shared = batch.due == store::Due::At(now);
  batch.due = store::Due::At(shared ? now + std::chrono::nanoseconds(1) : now);
  ParkApart(lane, batch);
}

void ParkedRows::Unpark(Lane& lane, const DeliveryBatch& deliveries) {
  if (deliveries.parked) {
    settlements_.Add(
        store::ParkedKey{lane.id(), store::Due::At(deliveries.due), deliveries.position()});
    lane.retries().CountUnparked(deliveries.size());
    return;
  }
  deliveries.ForEach([&](const Delivery& delivery) {
    if (!delivery.held) return;
    settlements_.Add(store::ParkedKey{lane.id(), delivery.RowDue(), delivery.event->position()});
    lane.retries().CountUnparked(1);
  });
}

void ParkedRows::Keep(Lane& lane, const model::Event& event) {
  settlements_.Add(lane.Keep(event));
  lane.retries().CountParked(1);
}

void ParkedRows::Remove(Lane& lane, const store::Parked& row) {
  settlements_.Add(store::ParkedKey{lane.id(), row.due, row.position});
  lane.retries().CountUnparked(1 + row.rest.size());
}

// The new row has another key than the old one, which is known as taken until it is gone.
void ParkedRows::Shrink(Lane& lane, const store::Parked& row,
                        const std::vector<store::BatchMember>& left) {
  settlements_.Add(store::ParkedKey{lane.id(), row.due, row.position});
  lane.retries().CountUnparked(1 + row.rest.size() - left.size());
  store::Parked smaller = row;
  smaller.position = left.front().position;
  smaller.group = left.front().group;
  smaller.rest.assign(left.begin() + 1, left.end());
  smaller.bytes = row.bytes * left.size() / (1 + row.rest.size());
  if (smaller.position == row.position) {
    smaller.due = store::Due::At(row.due.time() + std::chrono::nanoseconds(1));
  }
  settlements_.Add(std::move(smaller));
}

void ParkedRows::Mark(const Lane& lane, store::GroupId group, uint64_t position) {
  settlements_.Add(StuckMark(lane.id(), group, position));
}

void ParkedRows::Unmark(const Lane& lane, uint64_t position) {
  settlements_.Add(store::ParkedKey{lane.id(), store::Due::Stuck(), position});
}

}  // namespace carillon::delivery
