#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/control/standard_methods.h"
#include "carillon/operations/replay.h"
#include "carillon/operations/task.h"
#include "carillon/v1/delivery_service.pb.h"

namespace carillon::control {

/// Which deliveries of one tenant an operation means, the newest of the delivery log first; the
/// filter `*` means all. FIELD_INVALID or FILTER_INVALID about parent and filter.
absl::StatusOr<deliverylog::Query> DeliveriesOf(const std::string& parent,
                                                const std::string& filter);

/// The task of ResendDeliveries: from the newest delivery that matched on, back. Those that were
/// made again meanwhile are newer, and not seen. INVALID_ARGUMENT: the request cannot be read.
absl::StatusOr<std::unique_ptr<operations::Task>> MakeResendTask(
    const operations::StoredOperation& stored, const operations::DeliveryTools& tools);

}  // namespace carillon::control
