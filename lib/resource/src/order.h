#pragma once

#include "carillon/model/destination.h"
#include "carillon/resource/path.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::resource {

/// `order` and `batch` of a destination whose format and concurrency are read already. `path` is
/// the destination's.
void ReadOrder(const v1::Destination& given, model::Destination& to, const Path& path,
               Errors& errors);

}  // namespace carillon::resource
