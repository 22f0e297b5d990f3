#pragma once

#include "carillon/model/tenant.h"
#include "carillon/resource/path.h"
#include "carillon/v1/tenant.pb.h"

namespace carillon::resource {

/// Reads one tenant, whose name may be short. What is wrong is added to `errors`.
model::Tenant ReadTenant(const v1::Tenant& given, const Path& path, Errors& errors);

}  // namespace carillon::resource
