#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/statistics/stats_query.h"
#include "carillon/v1/stats_service.pb.h"

// Requests for statistics as queries. All functions are pure.
namespace carillon::control {

/// What is asked for, and how it is shown.
struct StatsRequest {
  statistics::Query query;
  std::vector<double> quantiles;
  bool sketches = false;
};

/// Errors name the member. `now` is the end of the time if none is given.
absl::StatusOr<StatsRequest> ReadStatsRequest(const v1::GetStatsRequest& request,
                                              base::WallTime now);
absl::StatusOr<StatsRequest> ReadStatsRequest(const v1::BatchGetStatsRequest& request,
                                              base::WallTime now);

/// `tenants/acme/destinations/orders`, `tenants/acme`, `tenants/-`
std::string NameOf(const statistics::Subject& subject);

}  // namespace carillon::control
