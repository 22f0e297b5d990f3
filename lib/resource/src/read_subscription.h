#pragma once

#include "carillon/model/subscription.h"
#include "carillon/resource/path.h"
#include "carillon/v1/destination.pb.h"
#include "catalog.h"
#include "names.h"

namespace carillon::resource {

/// Checks a subscription against the destinations and types there are.
model::Subscription ReadSubscription(const v1::Subscription& given, const Names& destinations,
                                     const Catalog& catalog, const Path& path, Errors& errors);

}  // namespace carillon::resource
