#pragma once

#include "carillon/model/destination.h"
#include "carillon/v1/destination.pb.h"
#include "path.h"

namespace carillon::config {

/// Checks a destination on its own and fills its defaults in.
model::Destination ReadDestination(const v1::Destination& given, const Path& path, Errors& errors);

}  // namespace carillon::config
