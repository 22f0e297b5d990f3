#pragma once

#include <string>
#include <vector>

#include "carillon/guard/rules.h"
#include "carillon/model/destination.h"
#include "carillon/model/subscription.h"
#include "carillon/model/tenant.h"
#include "carillon/resource/path.h"
#include "carillon/v1/destination.pb.h"
#include "carillon/v1/tenant.pb.h"

namespace carillon::resource {

/// What one resource is checked against when it does not come with a whole configuration. Null: it
/// is not.
struct Around {
  const guard::Rules* rules = nullptr;                     ///< where URLs must not lead
  const std::vector<std::string>* types = nullptr;         ///< the catalog, sorted
  const std::vector<std::string>* destinations = nullptr;  ///< ids of those of its tenant
};

/// Validates one resource as Validate does each, and fills its defaults in. What is wrong is added
/// to `errors`: then the value must not be used.
model::Destination ReadOne(const v1::Destination& given, const Around& around, const Path& path,
                           Errors& errors);
model::Subscription ReadOne(const v1::Subscription& given, const Around& around, const Path& path,
                            Errors& errors);
/// What is given of bounds that were checked already.
model::TenantLimits ReadLimits(const v1::TenantLimits& given);
model::Tenant ReadOne(const v1::Tenant& given, const Path& path, Errors& errors);

}  // namespace carillon::resource
