#pragma once

#include "carillon/base/clock.h"
#include "carillon/control/repository.h"
#include "carillon/operations/replay.h"
#include "carillon/operations/task.h"

namespace carillon::control {

/// What operations of each kind do. The repository, the clock, and what `tools` has outlive what is
/// made.
operations::MakeTask OperationTasks(const operations::DeliveryTools& tools, Repository& repository,
                                    const base::Clock& clock);

}  // namespace carillon::control
