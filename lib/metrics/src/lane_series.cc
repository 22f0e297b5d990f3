#include "lane_series.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "families.h"

namespace carillon::metrics {
namespace {

constexpr std::string_view kOther = "_other";
Labels Name(std::string_view tenant, std::string_view destination) {
  return {{"tenant", std::string(tenant)}, {"destination", std::string(destination)}};
}

}  // namespace

LaneSeries::LaneSeries(base::WallTime now)
    : now_ns_(base::ToUnixNanos(now)),
      deliveries_(Begin(families::kDeliveries)),
      delivered_(Begin(families::kDeliveredTotal)),
      dead_(Begin(families::kDeadTotal)),
      age_(Begin(families::kOldestReadyAgeSeconds)),
      destinations_(Begin(families::kDestinations)),
      held_(Begin(families::kRetriesHeldTotal)),
      transitions_(Begin(families::kBreakerTransitionsTotal)),
      each_attempts_(Begin(families::kDestinationAttemptsTotal)),
      each_deliveries_(Begin(families::kDestinationDeliveries)),
      each_delivered_(Begin(families::kDestinationDeliveredTotal)),
      each_dead_(Begin(families::kDestinationDeadTotal)),
      each_age_(Begin(families::kDestinationOldestReadyAgeSeconds)) {}

void LaneSeries::AddOwn(const std::string& tenant, const std::string& destination,
                        const LaneCounts& counts, const LaneGauges& gauges) {
  AddDestination(Name(tenant, destination), counts, gauges, /*all_outcomes=*/false);
}

void LaneSeries::AddOther(const LaneCounts& counts, const LaneGauges& gauges) {
  AddDestination(Name(kOther, kOther), counts, gauges, /*all_outcomes=*/true);
}

void LaneSeries::AddTotals(const LaneCounts& counts, const LaneGauges& gauges,
                           const std::array<uint64_t, kDestinationStateCount>& destinations) {
  AddStates(deliveries_, {}, gauges);
  AddSeries(delivered_, {}, static_cast<double>(counts.delivered));
  AddSeries(dead_, {}, static_cast<double>(counts.dead));
  AddSeries(age_, {}, AgeSeconds(gauges));
  AddEach(destinations_, families::kDestinations, 0, {}, [&](size_t i) { return destinations[i]; });
  AddEach(held_, families::kRetriesHeldTotal, 0, {}, [&](size_t i) { return counts.deferred[i]; });
  AddEach(transitions_, families::kBreakerTransitionsTotal, 0, {},
          [&](size_t i) { return counts.transitions[i]; });
}

void LaneSeries::AddStates(prometheus::MetricFamily& family, const Labels& labels,
                           const LaneGauges& gauges) {
  const std::array<int64_t, kDeliveryStateCount> by_state = {gauges.ready, gauges.in_flight,
                                                             gauges.parked};
  AddEach(family, families::kDeliveries, 0, labels, [&](size_t i) { return by_state[i]; });
}

void LaneSeries::AddDestination(const Labels& labels, const LaneCounts& counts,
                                const LaneGauges& gauges, bool all_outcomes) {
  for (size_t i = 0; i < counts.attempts.size(); ++i) {
    if (counts.attempts[i] == 0 && !all_outcomes) continue;
    AddSeries(each_attempts_, With(labels, "outcome", model::kOutcomeNames[i]),
              static_cast<double>(counts.attempts[i]));
  }
  AddStates(each_deliveries_, labels, gauges);
  AddSeries(each_delivered_, labels, static_cast<double>(counts.delivered));
  AddSeries(each_dead_, labels, static_cast<double>(counts.dead));
  AddSeries(each_age_, labels, AgeSeconds(gauges));
}

double LaneSeries::AgeSeconds(const LaneGauges& gauges) const {
  if (gauges.oldest_ready_ns == 0) return 0;
  return static_cast<double>(std::max<int64_t>(0, now_ns_ - gauges.oldest_ready_ns)) * 1e-9;
}

std::vector<prometheus::MetricFamily> LaneSeries::Take() && {
  std::vector<prometheus::MetricFamily> taken;
  for (prometheus::MetricFamily* family :
       {&deliveries_, &delivered_, &dead_, &age_, &destinations_, &held_, &transitions_,
        &each_attempts_, &each_deliveries_, &each_delivered_, &each_dead_, &each_age_}) {
    taken.push_back(std::move(*family));
  }
  return taken;
}

}  // namespace carillon::metrics
