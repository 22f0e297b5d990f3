#pragma once

#include <string>

#include "absl/status/status.h"

namespace carillon::journal {

/// The same status with what an operator can do about it, naming the commands. `AdviseOpening`:
/// a store that was not opened; its lock's own errors say enough already.
absl::Status AdviseOpening(const absl::Status& status, const std::string& folder);
/// For what failed while the journal was running.
absl::Status AdviseRunning(const absl::Status& status, const std::string& folder);

}  // namespace carillon::journal
