#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/delivery/purge_order.h"
#include "carillon/deliverylog/query.h"
#include "carillon/operations/replay.h"
#include "carillon/v1/delivery_service.pb.h"
#include "delivery_count.h"

namespace carillon::control {

/// Which deliveries a purge means. A value.
struct PurgeSelection {
  std::string tenant;
  std::string destination;  ///< or `-`
  /// Of those that wait, by what is known of them where they wait. Null: the filter speaks of
  /// attempts (their outcome, their time), so that the delivery log alone can tell.
  std::function<bool(const delivery::WaitingDelivery&)> waiting;
  /// Of those that the delivery log has: not those that were delivered.
  deliverylog::Query logged;

  /// The destinations whose waiting deliveries are looked at.
  std::vector<std::string> Destinations(const operations::DeliveryTools& tools) const;
  /// Whether the tenant has it, though it may not be in force (yet).
  static bool IsConfigured(const std::string& tenant, const std::string& name,
                           const operations::DeliveryTools& tools);
  /// A step of a walk at a destination.
  delivery::PurgeOrder StepAt(const std::string& name, const delivery::PurgePlace& from,
                              uint64_t end) const;
};

/// FIELD_INVALID or FILTER_INVALID about the request.
absl::StatusOr<PurgeSelection> SelectionOf(const v1::PurgeDeliveriesRequest& request);

/// Counts what would be purged, of events at positions below `end`, and names some; 100 steps at
/// most. `done`, once, as that of CountDeliveries.
void CountPurge(PurgeSelection selection, uint64_t end, const operations::DeliveryTools& tools,
                absl::AnyInvocable<void(absl::StatusOr<DeliveryCount>)> done);

}  // namespace carillon::control
