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
  std::optional<uint32_t> only;  // the place of the one lane that is asked for: places[0]
  uint64_t max_bytes = kBytes;
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
  for (const Lane* lane : routes_.lanes()) Add(*scan, lane);
  Read(std::move(scan));
}

void PendingReporter::Count(const LanePlace& of,
                            absl::AnyInvocable<void(std::optional<model::Pending>)> done) {
  const Lane* const lane = routes_.LaneNamed(of.place, of.tenant, of.name);
  if (lane == nullptr) return done(std::nullopt);
  auto scan = std::make_shared<Scan>();
  scan->done = [done = std::move(done)](model::PendingReport report) mutable {
    done(std::move(report.destinations.front()));
  };
  scan->table = routes_.table();
  scan->only = of.place;
  scan->max_bytes = kBytesOfOne;
  scan->report.next_position = router_.next();
  scan->next = router_.next();
  Add(*scan, lane);
  Read(std::move(scan));
}

void PendingReporter::Add(Scan& scan, const Lane* lane) {
  Scan::Place& place = scan.places.emplace_back();
  if (lane == nullptr) return;
  const uint64_t next = scan.report.next_position;
  place.index = scan.report.destinations.size();
  place.lane = lane->id();
  model::Pending& pending = scan.report.destinations.emplace_back(lane->CountPending());
  if (!lane->cursor()) return;
  const uint64_t cursor = std::max(*lane->cursor(), lane->from());
  if (cursor >= next) return;
  pending.behind_from = cursor;
  if (next - cursor > kEvents) {
    pending.behind.reset();
  } else {
    place.from = cursor;
    scan.next = std::min(scan.next, cursor);
  }
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
  const auto count = [&](uint64_t position, const Scan::Place& place) {
    if (!place.from || position < *place.from) return;
    if (!router_.WasSettled(position, place.lane)) {
      ++*scan->report.destinations[place.index].behind;
    }
  };
  scan->next = batch.last + 1;
  for (const model::EventPtr& event : batch.events) {
    const uint64_t position = event->position();
    if (position >= end) break;
    scan->bytes += event->bytes();
    if (scan->only) {
      if (scan->table->Matches(*event, *scan->only)) count(position, scan->places.front());
      continue;
    }
    scan->table->Match(*event, matched);
    for (const uint32_t matching : matched) count(position, scan->places[matching]);
  }
  if (scan->bytes > scan->max_bytes && scan->next < end) {
    for (const Scan::Place& place : scan->places) {
      if (place.from) scan->report.destinations[place.index].behind.reset();
    }
    scan->next = end;
  }
  Read(scan);
}

}  // namespace carillon::delivery
