#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "carillon/operations/replay.h"
#include "carillon/operations/task.h"

namespace carillon::control {

/// The task of PurgeDeliveries. First it walks through what waits at each destination, of events
/// below StoredOperation::end; after a restart from the beginning, where it finds less. Then it
/// goes through the delivery log, back from the newest: what is dead, or does not wait any more
/// though the log says so, gets a mark and is not shown any more. INVALID_ARGUMENT: the request
/// cannot be read.
absl::StatusOr<std::unique_ptr<operations::Task>> MakePurgeTask(
    const operations::StoredOperation& stored, const operations::DeliveryTools& tools,
    const base::Clock& clock);

}  // namespace carillon::control
