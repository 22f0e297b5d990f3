#pragma once

#include <optional>
#include <span>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/delivery/destination_status.h"
#include "table_in_force.h"

namespace carillon::delivery {

/// Says how destinations fare. Dispatcher's thread; what is given outlives it.
class StatusReporter {
 public:
  StatusReporter(const base::Clock& clock, const TableInForce& routes)
      : clock_(clock), routes_(routes) {}

  /// See Dispatcher::Describe.
  std::vector<std::optional<DestinationStatus>> Describe(std::span<const LanePlace> lanes) const;

 private:
  const base::Clock& clock_;
  const TableInForce& routes_;
};

}  // namespace carillon::delivery
