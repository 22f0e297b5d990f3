#include "carillon/operations/event_scan.h"

#include <utility>

#include "carillon/operations/event_message.h"
#include "carillon/v1/event.pb.h"

namespace carillon::operations {
namespace {

constexpr size_t kReadBytes = 256u << 10;

/// A scan under way.
struct Scan {
  store::EventLog& events;
  EventSelection selection;
  uint64_t end;
  size_t most;
  absl::AnyInvocable<void(ScanResult)> done;
  ScanResult result;
  size_t bytes = 0;

  /// False: no more is to be looked at.
  bool Look(const model::EventPtr& event) {
    if (event->position() >= end) {
      result.finished = true;
      return false;
    }
    bytes += event->bytes();
    ++result.scanned;
    result.next = event->position() + 1;
    if (Matches(*event, selection)) result.found.push_back({event, result.scanned});
    return result.found.size() < most;
  }
};

void GoOn(const std::shared_ptr<Scan>& scan);

void OnBatch(const std::shared_ptr<Scan>& scan, const store::EventBatch& batch) {
  bool more = true;
  for (const model::EventPtr& event : batch.events) {
    more = more && scan->Look(event);
  }
  ScanResult& result = scan->result;
  const bool known = batch.last >= batch.first;
  if (more && known) result.next = std::max(result.next, batch.last + 1);
  result.finished = result.finished || result.next >= scan->end;
  const bool full = result.found.size() >= scan->most || scan->bytes >= kScanBytes;
  if (result.finished || full || !known) return scan->done(std::move(result));
  GoOn(scan);
}

void GoOn(const std::shared_ptr<Scan>& scan) {
  scan->events.Read(scan->result.next, kReadBytes,
                    [scan](const store::EventBatchPtr& batch) { OnBatch(scan, *batch); });
}

/// The position is from `low` on, and at most `high`.
struct Search {
  store::EventLog& events;
  base::WallTime time;
  uint64_t low;
  uint64_t high;
  absl::AnyInvocable<void(uint64_t)> done;
};

void Narrow(const std::shared_ptr<Search>& search) {
  if (search->low >= search->high) return search->done(search->low);
  const uint64_t middle = search->low + (search->high - search->low) / 2;
  search->events.Read(middle, 1, [search, middle](const store::EventBatchPtr& batch) {
    const store::Events& found = batch->events;
    const bool below = !found.empty() && found.front()->position() < search->high &&
                       found.front()->accepted_at() < search->time;
    if (below) {
      search->low = found.front()->position() + 1;
    } else {
      search->high = middle;
    }
    Narrow(search);
  });
}

}  // namespace

aip::FilterFields EventFilterFields() {
  return {*v1::Event::descriptor(),
          {"id", "type", "ordering_key", "attributes", "accept_time", "occur_time", "position",
           "payload_bytes", "trace_id"},
          false};
}

bool Matches(const model::Event& event, const EventSelection& selection) {
  if (event.tenant() != selection.tenant) return false;
  if (selection.from && event.accepted_at() < *selection.from) return false;
  if (selection.to && event.accepted_at() >= *selection.to) return false;
  if (selection.table != nullptr && !selection.table->Matches(event, 0)) return false;
  return selection.filter.empty() || selection.filter.Matches(ToMessage(event, false));
}

void ScanEvents(store::EventLog& events, EventSelection selection, uint64_t from, uint64_t end,
                size_t most, absl::AnyInvocable<void(ScanResult)> done) {
  auto scan = std::make_shared<Scan>(Scan{.events = events,
                                          .selection = std::move(selection),
                                          .end = end,
                                          .most = most,
                                          .done = std::move(done)});
  scan->result.next = from;
  if (from >= end) {
    scan->result.finished = true;
    return scan->done(std::move(scan->result));
  }
  GoOn(scan);
}

void FindPosition(store::EventLog& events, base::WallTime time, uint64_t low, uint64_t high,
                  absl::AnyInvocable<void(uint64_t)> done) {
  Narrow(std::make_shared<Search>(Search{events, time, low, high, std::move(done)}));
}

}  // namespace carillon::operations
