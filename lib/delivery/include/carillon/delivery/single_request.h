#pragma once

#include <string_view>

#include "carillon/base/clock.h"
#include "carillon/http/courier.h"
#include "carillon/model/destination.h"
#include "carillon/model/event.h"
#include "carillon/net/url.h"

// What a lane would send, for who sends without one. `url` is that of the destination. Pure
// functions.
namespace carillon::delivery {

/// How the destination is reached.
http::EndpointOptions EndpointOf(const model::Destination& destination, const net::Url& url);

/// The request that the destination would get for this one event: the same body, headers and
/// signatures. `now` is what the receiver checks its age by. Without token and endpoint.
http::Request SingleRequest(const model::Destination& destination, const net::Url& url,
                            std::string_view user_agent, const model::EventPtr& event,
                            base::WallTime now);

}  // namespace carillon::delivery
