#pragma once

#include "carillon/model/subscription.h"
#include "carillon/v1/destination.pb.h"
#include "path.h"

namespace carillon::config {

/// Checks a subscription's filter and takes it over.
model::Filter ReadFilter(const v1::Filter& given, const Path& path, Errors& errors);

}  // namespace carillon::config
