#pragma once

#include "absl/status/status.h"
#include "carillon/resource/path.h"

namespace carillon::control {

/// What validation found, as an error of the API; `errors` is not empty.
absl::Status ToStatus(const resource::Errors& errors);

}  // namespace carillon::control
