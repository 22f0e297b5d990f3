#include "settlement_buffer.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace carillon::delivery {

SettlementBuffer::SettlementBuffer(const DispatcherOptions& options, const base::Clock& clock,
                                   ShardJournal& journal, LaneScheduler& scheduler,
                                   const Router& router,
                                   std::function<void(const Durable&)> on_durable,
                                   std::function<void(const absl::Status&)> on_failed)
    : interval_(options.settle_interval),
      max_outstanding_(std::min(kMaxOutstanding, journal.max_outstanding())),
      clock_(clock),
      journal_(journal),
      scheduler_(scheduler),
      router_(router),
      on_durable_(std::move(on_durable)),
      on_failed_(std::move(on_failed)),
      watermark_(journal.state().watermark) {}

SettlementBuffer::~SettlementBuffer() {
  TellAll(absl::UnavailableError("delivery of this destination ends"));
}

void SettlementBuffer::Tell(absl::AnyInvocable<void(absl::Status)> done) {
  if (failed_) return done(absl::UnavailableError("the store takes nothing more"));
  Touch();
  batch_.told.push_back(std::move(done));
}

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
  TellAll(absl::UnavailableError("the store took no more"));
  on_failed_(status);
}

void SettlementBuffer::TellAll(const absl::Status& status) {
  for (Durable& one : outstanding_) {
    for (auto& told : std::exchange(one.told, {})) told(status);
  }
  for (auto& told : std::exchange(batch_.told, {})) told(status);
}

void SettlementBuffer::OnDurable() {
  Durable durable = std::move(outstanding_.front());
  outstanding_.pop_front();
  outstanding_rows_ -= durable.rows;
  for (auto& told : std::exchange(durable.told, {})) told(absl::OkStatus());
  on_durable_(durable);
}

}  // namespace carillon::delivery
