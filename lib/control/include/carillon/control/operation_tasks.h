#pragma once

#include "carillon/operations/replay.h"
#include "carillon/operations/task.h"

namespace carillon::control {

/// What operations of each kind do. What `tools` has outlives what is made.
operations::MakeTask OperationTasks(const operations::DeliveryTools& tools);

}  // namespace carillon::control
