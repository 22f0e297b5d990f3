#pragma once

#include "carillon/model/destination.h"
#include "carillon/resource/path.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::resource {

/// When a destination is left alone: `disabled`, and of `breaker` and `disabling` those that are
/// given. `path` is the destination's.
void ReadHealth(const v1::Destination& given, model::Destination& to, const Path& path,
                Errors& errors);

}  // namespace carillon::resource
