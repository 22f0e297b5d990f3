#pragma once

#include <memory>
#include <string_view>

#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/model/event.h"
#include "carillon/schema/event_type.h"

namespace carillon::ingest {

/// An event to look at: of a built-in type, operational ones included, with every member of its
/// payload set, as a publisher's would be encoded. It happened at `now`, and has a new id, which
/// begins with `test_`. Returns null for types that are not built in: nobody knows their payload.
std::shared_ptr<model::Event> SampleEvent(std::string_view type, std::string_view tenant,
                                          base::WallTime now, base::Random& random);

/// The same of a registered type, with the sample that it has. Returns null where it has none.
std::shared_ptr<model::Event> SampleEvent(const schema::EventType& type, std::string_view tenant,
                                          base::WallTime now, base::Random& random);

}  // namespace carillon::ingest
