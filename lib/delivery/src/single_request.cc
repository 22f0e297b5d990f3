#include "carillon/delivery/single_request.h"

#include <memory>
#include <variant>

#include "held_event.h"
#include "request_maker.h"

namespace carillon::delivery {

http::EndpointOptions EndpointOf(const model::Destination& destination, const net::Url& url) {
  http::EndpointOptions options{.url = url,
                                .connect_timeout = destination.connect_timeout,
                                .total_timeout = destination.total_timeout,
                                .max_connections = destination.concurrency,
                                .tls = destination.tls,
                                .tenant = destination.tenant,
                                .label = destination.tenant + "/" + destination.name};
  if (const auto* oauth2 = std::get_if<model::OAuth2Authorization>(&destination.authorization)) {
    options.oauth2 = std::make_shared<const model::OAuth2Authorization>(*oauth2);
  }
  return options;
}

http::Request SingleRequest(const model::Destination& destination, const net::Url& url,
                            std::string_view user_agent, const model::EventPtr& event,
                            base::WallTime now) {
  HeldEvents held;
  return RequestMaker(destination, url, user_agent)
      .Make(0, 0, {.first = {.event = held.Hold(event)}}, now);
}

}  // namespace carillon::delivery
