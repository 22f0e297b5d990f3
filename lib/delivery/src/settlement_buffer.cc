#include "settlement_buffer.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "carillon/codec/body.h"

namespace carillon::delivery {

SettlementBuffer::SettlementBuffer(const DispatcherOptions& options, const base::Clock& clock,
                                   ShardJournal& journal, LaneScheduler& scheduler,
                                   const Router& router, RetryClock& retry_clock,
                                   std::function<void(const Durable&)> on_durable,
                                   std::function<void(const absl::Status&)> on_failed)
    : interval_(options.settle_interval),
      max_outstanding_(std::min(kMaxOutstanding, journal.max_outstanding())),
      clock_(clock),
      journal_(journal),
      scheduler_(scheduler),
      router_(router),
      retry_clock_(retry_clock),
      on_durable_(std::move(on_durable)),
      on_failed_(std::move(on_failed)),
      watermark_(journal.state().watermark) {}

void SettlementBuffer::Collect() {
  if (!scheduler_.Has(LaneNeed::kReport)) return;
  while (Lane* lane = scheduler_.Next(LaneNeed::kReport)) {
    for (const store::ParkedKey& row : lane->TakeReplacedRows()) Add(row);
    for (store::Parked& row : lane->TakeHeldRows()) Add(std::move(row));
    if (auto health = lane->TakeHealth()) {
      Touch();
      settlement_.healths.push_back(*std::move(health));
    }
    scheduler_.Touched(*lane);
  }
}

// They are not counted as rows, and in no hurry.
void SettlementBuffer::CollectCursors() {
  scheduler_.ForEach(LaneNeed::kCursor, [this](Lane& lane) {
    const std::optional<store::LaneCursor> cursor = lane.TakeCursor();
    if (!cursor) return;
    settlement_.cursors.push_back(*cursor);
    scheduler_.Touched(lane);
  });
}

void SettlementBuffer::Send() {
  if (!MaySend()) return;
  Collect();
  CollectCursors();
  const uint64_t watermark = router_.Watermark();
  if (batch_.rows == 0 && settlement_.cursors.empty() && watermark == watermark_) return;
  settlement_.watermark = watermark_ = watermark;
  outstanding_rows_ += batch_.rows;
  outstanding_.push_back(std::exchange(batch_, {}));
  journal_.Settle(std::exchange(settlement_, {}),
                  [this](const absl::Status& status) { status.ok() ? OnDurable() : Fail(status); });
}

void SettlementBuffer::Fail(const absl::Status& status) {
  if (std::exchange(failed_, true)) return;
  on_failed_(status);
}

void SettlementBuffer::OnDurable() {
  const Durable durable = std::move(outstanding_.front());
  outstanding_.pop_front();
  outstanding_rows_ -= durable.rows;
  on_durable_(durable);
}

void SettlementBuffer::Park(Lane& lane, const DeliveryBatch& deliveries,
                            std::chrono::nanoseconds wait, uint32_t attempts) {
  store::Parked row{.lane = lane.id(),
                    .due = store::Due::At(retry_clock_.Now() + wait),
                    .position = deliveries.position(),
                    .attempts = attempts,
                    .group = deliveries.first.group,
                    .rest = {},
                    .bytes = deliveries.first.event->record().size()};
  for (const Delivery& delivery : deliveries.rest) {
    row.rest.push_back({delivery.event->position(), delivery.group});
    row.bytes += delivery.event->record().size();
  }
  lane.retries().CountParked(deliveries.size());
  if (!row.rest.empty() && !codec::IsBatchFormat(lane.destination().format)) {
    ParkApart(lane, row);
  } else {
    Add(std::move(row));
  }
}

void SettlementBuffer::ParkApart(Lane& lane, const store::Parked& batch) {
  std::vector<store::GroupId> seen;
  const auto park = [&](const store::BatchMember& member) {
    store::Parked row{.lane = lane.id(),
                      .due = batch.due,
                      .position = member.position,
                      .attempts = batch.attempts,
                      .group = member.group,
                      .rest = {},
                      .bytes = batch.bytes / (1 + batch.rest.size())};
    if (std::find(seen.begin(), seen.end(), member.group) != seen.end()) {
      row.due = store::Due::Held(member.group);
      lane.groups().HoldAgain(member.group, member.position);
    } else if (member.group != 0) {
      seen.push_back(member.group);
    }
    Add(std::move(row));
  };
  park({batch.position, batch.group});
  for (const store::BatchMember& member : batch.rest) park(member);
}

// They go when their rows are durable, with the attempts that were made. The new rows must not
// share a key with the old one, which is known as taken until it is gone.
void SettlementBuffer::TakeApart(Lane& lane, store::Parked batch) {
  Add(store::ParkedKey{lane.id(), batch.due, batch.position});
  const base::WallTime now = retry_clock_.Now();
  const bool shared = batch.due == store::Due::At(now);
  batch.due = store::Due::At(shared ? now + std::chrono::nanoseconds(1) : now);
  ParkApart(lane, batch);
}

void SettlementBuffer::Unpark(Lane& lane, const DeliveryBatch& deliveries) {
  if (deliveries.parked) {
    Add(store::ParkedKey{lane.id(), store::Due::At(deliveries.due), deliveries.position()});
    lane.retries().CountUnparked(deliveries.size());
    return;
  }
  deliveries.ForEach([&](const Delivery& delivery) {
    if (!delivery.held) return;
    Add(store::ParkedKey{lane.id(), delivery.RowDue(), delivery.event->position()});
    lane.retries().CountUnparked(1);
  });
}

}  // namespace carillon::delivery
