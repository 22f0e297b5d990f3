#include "carillon/delivery/single_request.h"

#include "held_event.h"
#include "request_maker.h"

namespace carillon::delivery {

http::EndpointOptions EndpointOf(const model::Destination& destination, const net::Url& url) {
  return {.url = url,
          .connect_timeout = destination.connect_timeout,
          .total_timeout = destination.total_timeout,
          .max_connections = destination.concurrency,
          .tls = destination.tls,
          .oauth2 = model::OAuth2Of(destination.authorization),
          .tenant = destination.tenant,
          .label = destination.tenant + "/" + destination.name};
}

http::Request SingleRequest(const model::Destination& destination, const net::Url& url,
                            std::string_view user_agent, const model::EventPtr& event,
                            base::WallTime now) {
  HeldEvents held;
  return RequestMaker(destination, url, user_agent)
      .Make(0, 0, {.first = {.event = held.Hold(event)}}, now);
}

}  // namespace carillon::delivery
