#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/ingest/type_catalog.h"
#include "carillon/model/event.h"
#include "carillon/v1/event.pb.h"

namespace carillon::trial {

/// The event of a request, as the publisher's of that name would be taken. Its tenant must be
/// `tenant`. INVALID_ARGUMENT, as errors of carillon/aip/error.h, with paths from `event` on.
absl::StatusOr<model::EventPtr> MakeTrialEvent(const v1::Event& event, std::string_view tenant,
                                               const ingest::Catalog& catalog, base::WallTime now,
                                               base::Random& random);

/// The sample of a type, which may be given as the name of a resource
/// (`eventTypes/session.create`). INVALID_ARGUMENT for `event_type`: it is not in the catalog, or
/// nobody knows a sample of it.
absl::StatusOr<model::EventPtr> MakeSample(std::string_view event_type, std::string_view tenant,
                                           const ingest::Catalog& catalog, base::WallTime now,
                                           base::Random& random);

}  // namespace carillon::trial
