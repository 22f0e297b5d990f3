#pragma once

#include "carillon/access/methods.h"
#include "carillon/access/principal.h"
#include "carillon/v1/access_service.pb.h"

namespace carillon::access {

/// Who it is and which of the methods it may call, by name; foreign services left out.
v1::Caller DescribeCaller(const Principal& principal, const Methods& methods);

}  // namespace carillon::access
