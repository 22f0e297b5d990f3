#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "carillon/journal/journal.h"
#include "carillon/model/pending.h"
#include "carillon/routing/routing_table.h"

namespace carillon::delivery {

/// A report under way: of what lies behind cursors, the journal is read once for all lanes. What a
/// report costs is bounded: lanes further behind than `kEvents` are not counted, and none is once
/// `kBytes` were read. Dispatcher's thread.
struct PendingScan {
  static constexpr uint64_t kEvents = 262'144;
  static constexpr uint64_t kBytes = 128u << 20;

  std::shared_ptr<const routing::RoutingTable> table;
  /// Of each of its destinations: the lane, and from where on its events are counted, which is not
  /// set when it is not behind, or too far.
  std::vector<journal::LaneId> lanes;
  std::vector<std::optional<uint64_t>> from;
  model::PendingReport report;
  uint64_t next = 0;   ///< position to read, up to `report.next_position`
  uint64_t bytes = 0;  ///< read so far
  absl::AnyInvocable<void(model::PendingReport)> done;
};

}  // namespace carillon::delivery
