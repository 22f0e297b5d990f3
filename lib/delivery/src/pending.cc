// What the destinations have left is reported: what is in memory or has rows by numbers that are
// kept anyway, what lies behind cursors by reading it, within bounds.

#include "pending.h"

#include <algorithm>

#include "dispatcher_impl.h"

namespace carillon::delivery {

void DispatcherImpl::ListPending(absl::AnyInvocable<void(model::PendingReport)> done) {
  auto scan = std::make_shared<PendingScan>();
  scan->done = std::move(done);
  scan->table = table_;
  const uint64_t next = feed_.next();
  scan->report.next_position = next;
  scan->report.destinations.reserve(lane_of_.size());
  scan->next = next;
  for (const Lane* lane : lane_of_) {
    model::Pending& pending = scan->report.destinations.emplace_back(lane->CountPending());
    scan->lanes.push_back(lane->id());
    std::optional<uint64_t>& from = scan->from.emplace_back();
    if (!lane->cursor()) continue;
    const uint64_t cursor = std::max(*lane->cursor(), lane->from());
    if (cursor >= next) continue;
    pending.behind_from = cursor;
    if (next - cursor > PendingScan::kEvents) {
      pending.behind.reset();
    } else {
      from = cursor;
      scan->next = std::min(scan->next, cursor);
    }
  }
  ReadForPending(std::move(scan));
}

void DispatcherImpl::ReadForPending(std::shared_ptr<PendingScan> scan) {
  if (scan->next >= scan->report.next_position) {
    scan->done(std::move(scan->report));
    return;
  }
  const uint64_t from = scan->next;
  journal_.Read(from, options_.read_bytes,
                home_.Bring<journal::EventBatchPtr>(
                    [this, scan = std::move(scan)](const journal::EventBatchPtr& batch) {
                      OnPendingRead(scan, batch);
                    }));
}

void DispatcherImpl::OnPendingRead(const std::shared_ptr<PendingScan>& scan,
                                   const journal::EventBatchPtr& batch) {
  const uint64_t end = scan->report.next_position;
  std::vector<uint32_t> matched;
  scan->next = end;
  if (batch != nullptr && !batch->empty()) scan->next = batch->back()->position() + 1;
  if (batch != nullptr) {
    for (const model::EventPtr& event : *batch) {
      const uint64_t position = event->position();
      if (position >= end) break;
      scan->bytes += event->bytes();
      scan->table->Match(*event, matched);
      for (const uint32_t index : matched) {
        if (!scan->from[index] || position < *scan->from[index]) continue;
        if (!WasSettled(position, scan->lanes[index])) {
          ++*scan->report.destinations[index].behind;
        }
      }
    }
  }
  if (scan->bytes > PendingScan::kBytes && scan->next < end) {
    for (size_t i = 0; i < scan->from.size(); ++i) {
      if (scan->from[i]) scan->report.destinations[i].behind.reset();
    }
    scan->next = end;
  }
  ReadForPending(scan);
}

}  // namespace carillon::delivery
