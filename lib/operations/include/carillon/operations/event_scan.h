#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "carillon/aip/list_filter.h"
#include "carillon/base/clock.h"
#include "carillon/model/event.h"
#include "carillon/routing/routing_table.h"
#include "carillon/store/event_log.h"

namespace carillon::operations {

/// Which events of the journal are meant. A value.
struct EventSelection {
  std::string tenant;
  std::optional<base::WallTime> from;  ///< accepted at or after it
  std::optional<base::WallTime> to;    ///< accepted before it
  aip::Filter filter;                  ///< of v1::Event; see EventFilterFields
  /// Only what the destination at its place 0 wants. Null: all.
  std::shared_ptr<const routing::RoutingTable> table;
};

/// By what events can be filtered.
aip::FilterFields EventFilterFields();

bool Matches(const model::Event& event, const EventSelection& selection);

/// An event that was found.
struct FoundEvent {
  model::EventPtr event;
  int64_t scanned = 0;    ///< events looked at so far, this one included
  uint32_t attempts = 0;  ///< of its delivery, that the delivery log knows of
};

/// What there is from a position on.
struct ScanResult {
  std::vector<FoundEvent> found;
  int64_t scanned = 0;
  uint64_t next = 0;      ///< where to go on
  bool finished = false;  ///< that was all
};

/// Reads the journal from `from` on, up to the position `end`, which is not included, until `most`
/// events that are meant are found, or about `kScanBytes` were looked at. `done`, once, on a thread
/// of the log or the caller's; or never, where the log is stopped. `events` outlives it.
inline constexpr size_t kScanBytes = 4u << 20;
void ScanEvents(store::EventLog& events, EventSelection selection, uint64_t from, uint64_t end,
                size_t most, absl::AnyInvocable<void(ScanResult)> done);

/// Finds the first position from `low` on, below `high`, whose event was accepted at `time` or
/// later; else `high`. Times of acceptance ascend but where the clock was set back.
void FindPosition(store::EventLog& events, base::WallTime time, uint64_t low, uint64_t high,
                  absl::AnyInvocable<void(uint64_t)> done);

}  // namespace carillon::operations
