#include "stats_request.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/aip/resource_name.h"
#include "carillon/control/stats_methods.h"

namespace carillon::control {
namespace {

using aip::NamePattern;
using statistics::GroupBy;
using statistics::Subject;
using std::chrono::hours;
using std::chrono::minutes;

const NamePattern kTenantName("tenants/{tenant}");
const NamePattern kDestinationName("tenants/{tenant}/destinations/{destination}");
constexpr char kAllTenants[] = "tenants/-";

constexpr int64_t kMaxStepSeconds = 90 * 24 * 3600;
constexpr minutes kNiceSteps[] = {minutes(1),    minutes(2),    minutes(5),    minutes(10),
                                  minutes(15),   minutes(30),   hours(1),      hours(2),
                                  hours(3),      hours(6),      hours(12),     hours(24),
                                  hours(2 * 24), hours(7 * 24), hours(30 * 24)};
constexpr double kQuantiles[] = {0.5, 0.9, 0.99};

absl::StatusOr<Subject> ReadSubject(const std::string& name, const std::string& field) {
  if (name == kAllTenants) return Subject{};
  if (const auto ids = kTenantName.Match(name)) return Subject{ids->front(), {}};
  if (const auto ids = kDestinationName.Match(name)) return Subject{ids->front(), ids->back()};
  return aip::BadField(field, "PATTERN",
                       absl::StrCat("must be ", kDestinationName.ToString(), ", ",
                                    kTenantName.ToString(), ", or ", kAllTenants));
}

/// nullopt: it is no time between the years 1 and 9999, which is all that a Timestamp may be.
std::optional<base::WallTime> WallOf(const google::protobuf::Timestamp& time) {
  constexpr int64_t kFirst = -62'135'596'800;
  constexpr int64_t kLast = 253'402'300'799;
  if (time.seconds() < kFirst || time.seconds() > kLast) return std::nullopt;
  if (time.nanos() < 0 || time.nanos() > 999'999'999) return std::nullopt;
  // What a WallTime cannot hold is before, or behind, everything.
  const int64_t seconds = std::clamp<int64_t>(time.seconds(), -9'000'000'000, 9'000'000'000);
  return base::WallTime(std::chrono::seconds(seconds) + std::chrono::nanoseconds(time.nanos()));
}

int64_t StepsOf(const statistics::Query& query, minutes step) {
  // In minutes, since nanoseconds between the first and the last time would overflow.
  const minutes all =
      std::chrono::ceil<minutes>(query.to) - std::chrono::floor<minutes>(query.from);
  return (all + step - minutes(1)) / step;
}

template <typename Request>
absl::Status ReadTimes(const Request& request, base::WallTime now, statistics::Query& query) {
  const auto from = WallOf(request.start_time());
  if (!from) return aip::BadField("start_time", "TIME", "must be a time of the years 1 to 9999");
  const auto to = request.has_end_time() ? WallOf(request.end_time()) : std::optional(now);
  if (!to) return aip::BadField("end_time", "TIME", "must be a time of the years 1 to 9999");
  if (*to <= *from) {
    return request.has_end_time()
               ? aip::BadField("end_time", "OUT_OF_RANGE", "must be after start_time")
               : aip::BadField("start_time", "OUT_OF_RANGE", "must not be in the future");
  }
  query.from = *from;
  query.to = *to;
  return absl::OkStatus();
}

absl::Status ReadStep(bool given, const google::protobuf::Duration& step, int64_t max_steps,
                      statistics::Query& query) {
  if (!given) {
    const int64_t few = std::min(max_steps, StatsMethods::kFewSteps);
    const auto fits = [&](minutes nice) { return StepsOf(query, nice) <= few; };
    const auto* const found = std::ranges::find_if(kNiceSteps, fits);
    query.step = found != std::end(kNiceSteps) ? *found : *std::prev(std::end(kNiceSteps));
  } else if (step.nanos() != 0 || step.seconds() < 60 || step.seconds() > kMaxStepSeconds ||
             step.seconds() % 60 != 0) {
    return aip::BadField("step", "OUT_OF_RANGE", "must be whole minutes, 1 minute to 90 days");
  } else {
    query.step = std::chrono::duration_cast<minutes>(std::chrono::seconds(step.seconds()));
  }
  const int64_t steps = StepsOf(query, query.step);
  if (steps <= max_steps) return absl::OkStatus();
  return aip::BadField("step", "OUT_OF_RANGE",
                       absl::StrCat("gives ", steps, " steps, and at most ", max_steps,
                                    " are answered here: make it longer, or the time shorter"));
}

template <typename Request>
absl::Status ReadQuantiles(const Request& request, std::vector<double>& quantiles) {
  if (request.quantiles_size() > StatsMethods::kMaxQuantiles) {
    return aip::BadField("quantiles", "TOO_MANY",
                         absl::StrCat("at most ", StatsMethods::kMaxQuantiles, " are answered"));
  }
  for (int i = 0; i < request.quantiles_size(); ++i) {
    if (request.quantiles(i) >= 0 && request.quantiles(i) <= 1) continue;
    return aip::BadField(absl::StrCat("quantiles[", i, "]"), "OUT_OF_RANGE", "must be 0 to 1");
  }
  quantiles.assign(request.quantiles().begin(), request.quantiles().end());
  if (quantiles.empty()) quantiles.assign(std::begin(kQuantiles), std::end(kQuantiles));
  return absl::OkStatus();
}

absl::Status ReadGroups(const v1::GetStatsRequest& request, statistics::Query& query) {
  const Subject& subject = query.subjects.front();
  switch (request.group_by()) {
    case v1::GetStatsRequest::GROUP_BY_UNSPECIFIED:
    case v1::GetStatsRequest::NONE:
      return absl::OkStatus();
    case v1::GetStatsRequest::DESTINATION:
      query.group_by = GroupBy::kDestination;
      return absl::OkStatus();
    case v1::GetStatsRequest::TENANT:
      query.group_by = GroupBy::kTenant;
      if (subject == Subject{}) return absl::OkStatus();
      return aip::BadField("group_by", "UNSUPPORTED",
                           absl::StrCat("TENANT is for the name ", kAllTenants));
    default:
      return aip::BadField("group_by", "UNSUPPORTED", "must be NONE, DESTINATION or TENANT");
  }
}

/// What both kinds of requests have, once it is known how many series there will be.
template <typename Request>
absl::Status ReadRest(const Request& request, base::WallTime now, int64_t series,
                      StatsRequest& read) {
  if (absl::Status status = ReadTimes(request, now, read.query); !status.ok()) return status;
  const int64_t points = read.sketches ? StatsMethods::kMaxSketches : StatsMethods::kMaxPoints;
  const int64_t max_steps = std::min(StatsMethods::kMaxSteps, points / series);
  absl::Status status = ReadStep(request.has_step(), request.step(), max_steps, read.query);
  if (!status.ok()) return status;
  return ReadQuantiles(request, read.quantiles);
}

}  // namespace

absl::StatusOr<StatsRequest> ReadStatsRequest(const v1::GetStatsRequest& request,
                                              base::WallTime now) {
  StatsRequest read;
  auto subject = ReadSubject(request.name(), "name");
  if (!subject.ok()) return subject.status();
  read.query.subjects = {*std::move(subject)};
  read.sketches = request.include_sketches();
  if (absl::Status status = ReadGroups(request, read.query); !status.ok()) return status;
  const bool grouped = read.query.group_by != GroupBy::kSubject;
  const int64_t series = grouped ? int64_t{statistics::Query::kMaxGroups} + 1 : 1;
  if (absl::Status status = ReadRest(request, now, series, read); !status.ok()) return status;
  return read;
}

absl::StatusOr<StatsRequest> ReadStatsRequest(const v1::BatchGetStatsRequest& request,
                                              base::WallTime now) {
  StatsRequest read;
  if (request.names_size() < 1 || request.names_size() > StatsMethods::kMaxNames) {
    return aip::BadField("names", "OUT_OF_RANGE",
                         absl::StrCat("must be 1 to ", StatsMethods::kMaxNames));
  }
  for (int i = 0; i < request.names_size(); ++i) {
    auto subject = ReadSubject(request.names(i), absl::StrCat("names[", i, "]"));
    if (!subject.ok()) return subject.status();
    read.query.subjects.push_back(*std::move(subject));
  }
  absl::Status status = ReadRest(request, now, request.names_size(), read);
  if (!status.ok()) return status;
  return read;
}

std::string NameOf(const Subject& subject) {
  if (subject.tenant.empty()) return kAllTenants;
  if (subject.destination.empty()) return kTenantName.Format({subject.tenant});
  return kDestinationName.Format({subject.tenant, subject.destination});
}

}  // namespace carillon::control
