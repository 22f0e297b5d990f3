#include "pending_reporter.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "lane.h"

namespace carillon::delivery {

/// A report under way.
struct PendingReporter::Scan {
  std::shared_ptr<const routing::RoutingTable> table;
  /// What stands at each of its places: the destination's index in the report, the lane, and from
  /// where on its events are counted, which is not set when it is not behind, or too far, or when
  /// there is none.
  struct Place {
    size_t index = 0;
    store::LaneId lane = 0;
    std::optional<uint64_t> from;
  };
  std::vector<Place> places;
  model::PendingReport report;
  uint64_t next = 0;   // position to read, up to `report.next_position`
  uint64_t bytes = 0;  // read so far
  absl::AnyInvocable<void(model::PendingReport)> done;
};

void PendingReporter::List(absl::AnyInvocable<void(model::PendingReport)> done) {
  auto scan = std::make_shared<Scan>();
  scan->done = std::move(done);
  scan->table = routes_.table();
  const uint64_t next = router_.next();
  scan->report.next_position = next;
  scan->report.destinations.reserve(routes_.lanes().size());
  scan->next = next;
  for (const Lane* lane : routes_.lanes()) {
    Scan::Place& place = scan->places.emplace_back();
    if (lane == nullptr) continue;
    place.index = scan->report.destinations.size();
    place.lane = lane->id();
    model::Pending& pending = scan->report.destinations.emplace_back(lane->CountPending());
    if (!lane->cursor()) continue;
    const uint64_t cursor = std::max(*lane->cursor(), lane->from());
    if (cursor >= next) continue;
    pending.behind_from = cursor;
    if (next - cursor > kEvents) {
      pending.behind.reset();
    } else {
      place.from = cursor;
      scan->next = std::min(scan->next, cursor);
    }
  }
  Read(std::move(scan));
}

void PendingReporter::Read(std::shared_ptr<Scan> scan) {
  if (scan->next >= scan->report.next_position) {
    scan->done(std::move(scan->report));
    return;
  }
  const uint64_t from = scan->next;
  journal_.Read(from, [this, scan = std::move(scan)](const store::EventBatchPtr& batch) {
    OnRead(scan, *batch);
  });
}

void PendingReporter::OnRead(const std::shared_ptr<Scan>& scan, const store::EventBatch& batch) {
  const uint64_t end = scan->report.next_position;
  std::vector<uint32_t> matched;
  scan->next = batch.last + 1;
  for (const model::EventPtr& event : batch.events) {
    const uint64_t position = event->position();
    if (position >= end) break;
    scan->bytes += event->bytes();
    scan->table->Match(*event, matched);
    for (const uint32_t matching : matched) {
      const Scan::Place& place = scan->places[matching];
      if (!place.from || position < *place.from) continue;
      if (!router_.WasSettled(position, place.lane)) {
        ++*scan->report.destinations[place.index].behind;
      }
    }
  }
  if (scan->bytes > kBytes && scan->next < end) {
    for (const Scan::Place& place : scan->places) {
      if (place.from) scan->report.destinations[place.index].behind.reset();
    }
    scan->next = end;
  }
  Read(scan);
}

}  // namespace carillon::delivery
