#pragma once

#include "carillon/model/subscription.h"
#include "carillon/resource/path.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::resource {

/// Checks a subscription's filter and takes it over.
model::Filter ReadFilter(const v1::Filter& given, const Path& path, Errors& errors);

}  // namespace carillon::resource
