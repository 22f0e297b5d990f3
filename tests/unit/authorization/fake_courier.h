#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "carillon/authorization/authorizing_courier.h"

namespace carillon::authorization {

/// A courier without sockets: keeps what was started until the test says how it ends.
class FakeCourier final : public http::Courier {
 public:
  void SetListener(http::CourierListener* listener) override { this->listener = listener; }
  http::EndpointId Open(const http::EndpointOptions& options) override {
    endpoints[++last_endpoint] = options;
    return last_endpoint;
  }
  void Update(http::EndpointId endpoint, const http::EndpointOptions& options) override {
    ASSERT_TRUE(endpoints.contains(endpoint));
    endpoints[endpoint] = options;
  }
  void Close(http::EndpointId endpoint) override {
    EXPECT_EQ(endpoints.erase(endpoint), 1u);
    for (const http::Request& request : started) {
      if (request.endpoint == endpoint) cancelled.push_back(request.token);
    }
  }
  void Start(http::Request request) override { started.push_back(std::move(request)); }
  void CancelAll() override {
    for (const http::Request& request : started) cancelled.push_back(request.token);
  }

  /// Those under way at an endpoint of this host.
  std::vector<http::Request> At(const std::string& host) const {
    std::vector<http::Request> found;
    for (const http::Request& request : started) {
      const auto endpoint = endpoints.find(request.endpoint);
      if (endpoint != endpoints.end() && endpoint->second.url.host == host) {
        found.push_back(request);
      }
    }
    return found;
  }
  void End(uint64_t token, http::Response response) {
    std::erase_if(started, [&](const auto& request) { return request.token == token; });
    listener->OnResponse(token, response);
  }
  /// Tells of the end of what was cancelled, as the loop would.
  void ReportCancelled() {
    http::Response response;
    response.wire = model::Outcome::kCancelled;
    response.error = "cancelled";
    for (const uint64_t token : std::exchange(cancelled, {})) End(token, response);
  }

  http::CourierListener* listener = nullptr;
  std::map<http::EndpointId, http::EndpointOptions> endpoints;
  http::EndpointId last_endpoint = 0;
  std::vector<http::Request> started;
  std::vector<uint64_t> cancelled;
};

}  // namespace carillon::authorization
