#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "carillon/control/caller.h"
#include "carillon/control/event_methods.h"

namespace carillon::control {

/// A list of events, once its request was understood.
struct EventListing;
using EventListingPtr = std::shared_ptr<EventListing>;

/// What the request asks for, as `caller` sees it. FIELD_INVALID, FILTER_INVALID, ORDER_BY_INVALID
/// or PAGE_TOKEN_INVALID about it.
absl::StatusOr<EventListingPtr> ReadEventListing(const v1::ListEventsRequest& request,
                                                 const Caller& caller,
                                                 const aip::PageTokens& tokens, base::WallTime now);

/// Answers with a page. `place` is kept until then. `tokens` outlives it.
void ListEvents(const EventSources& sources, EventListingPtr listing, const aip::PageTokens& tokens,
                std::shared_ptr<void> place, Methods::Done done);

}  // namespace carillon::control
