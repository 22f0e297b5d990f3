#pragma once

#include "carillon/control/repository.h"
#include "carillon/operations/replay.h"
#include "carillon/operations/task.h"

namespace carillon::control {

/// What operations of each kind do. What `tools` has and the repository outlive what is made.
operations::MakeTask OperationTasks(const operations::DeliveryTools& tools, Repository& repository);

}  // namespace carillon::control
