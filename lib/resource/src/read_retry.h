#pragma once

#include "carillon/model/destination.h"
#include "carillon/resource/path.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::resource {

/// Checks a retry policy and fills its defaults in. `path` is the policy's.
model::RetryPolicy ReadRetry(const v1::Retry& given, const Path& path, Errors& errors);

}  // namespace carillon::resource
