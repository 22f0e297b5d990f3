#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "carillon/delivery/observer.h"
#include "carillon/journal/journal.h"
#include "carillon/metrics/metrics.h"
#include "carillon/routing/routing_table.h"

namespace carillon::delivery {

/// A destination that was taken out of the configuration, until all is counted that dies with it.
struct Removal {
  std::shared_ptr<const routing::RoutingTable> table;  ///< the last that had it, at `index`
  uint32_t index = 0;
  std::shared_ptr<metrics::LaneMetrics> metrics;
  uint64_t next = 0;      ///< of the journal behind its cursor: the next position to look at...
  uint64_t end = 0;       ///< ...up to here; the same: all was looked at
  bool counting = false;  ///< an answer of the journal is awaited
  bool gone = false;      ///< nothing of its lane is in flight any more
  Observer::Removed counts;

  bool Done() const { return gone && next >= end; }
};

using Removals = std::map<journal::LaneId, Removal>;

}  // namespace carillon::delivery
