#pragma once

#include "carillon/guard/rules.h"
#include "carillon/model/destination.h"
#include "carillon/resource/path.h"

namespace carillon::resource {

/// Checks every URL of the destination at `path`, as CheckUrl.
void CheckUrls(const model::Destination& destination, const guard::Rules& rules, const Path& path,
               Errors& errors);

}  // namespace carillon::resource
