#pragma once

#include "carillon/model/destination.h"
#include "carillon/resource/path.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::resource {

/// Checks a destination on its own and fills its defaults in.
model::Destination ReadDestination(const v1::Destination& given, const Path& path, Errors& errors);

}  // namespace carillon::resource
