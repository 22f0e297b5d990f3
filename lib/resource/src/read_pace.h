#pragma once

#include "carillon/model/destination.h"
#include "carillon/resource/path.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::resource {

/// `rate` and `adaptive_concurrency` of a destination. `path` is the destination's.
void ReadPace(const v1::Destination& given, model::Destination& to, const Path& path,
              Errors& errors);

}  // namespace carillon::resource
