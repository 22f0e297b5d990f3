#include "lane_series.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace carillon::metrics {
namespace {

constexpr std::string_view kOther = "_other";
constexpr std::array<std::string_view, kLaneHealthCount> kHealthNames = {
    "idle", "active", "behind", "failing", "open", "disabled"};
constexpr std::array<std::string_view, kHeldByCount> kHeldNames = {"budget", "breaker", "pause",
                                                                   "rate"};
constexpr std::array<std::string_view, kBreakerStateCount> kBreakerNames = {"open", "half_open",
                                                                            "closed"};

Labels With(Labels labels, std::string name, std::string_view value) {
  labels.push_back({std::move(name), std::string(value)});
  return labels;
}

Labels Name(std::string_view tenant, std::string_view destination) {
  return {{"tenant", std::string(tenant)}, {"destination", std::string(destination)}};
}

}  // namespace

LaneSeries::LaneSeries(base::WallTime now)
    : now_ns_(base::ToUnixNanos(now)),
      deliveries_(GaugeFamily("carillon_deliveries", "Deliveries that are not finished.")),
      delivered_(CounterFamily("carillon_delivered_total", "Deliveries that succeeded.")),
      dead_(CounterFamily("carillon_dead_total", "Deliveries that were given up.")),
      age_(
          GaugeFamily("carillon_oldest_ready_age_seconds",
                      "Time since the acceptance of the oldest delivery that waits for its turn.")),
      destinations_(GaugeFamily("carillon_destinations", "Destinations by state.")),
      held_(CounterFamily("carillon_retries_held_total",
                          "Times that a destination's retries were due and had to wait.")),
      transitions_(CounterFamily("carillon_breaker_transitions_total",
                                 "Changes of breakers, by the state that they changed to.")),
      each_attempts_(CounterFamily("carillon_destination_attempts_total",
                                   "Attempts of a destination by outcome.")),
      each_deliveries_(GaugeFamily("carillon_destination_deliveries",
                                   "Deliveries of a destination that are not finished.")),
      each_delivered_(CounterFamily("carillon_destination_delivered_total",
                                    "Deliveries of a destination that succeeded.")),
      each_dead_(CounterFamily("carillon_destination_dead_total",
                               "Deliveries of a destination that were given up.")),
      each_age_(GaugeFamily("carillon_destination_oldest_ready_age_seconds",
                            "Time since the acceptance of the oldest delivery of a destination "
                            "that waits for its turn.")) {}

void LaneSeries::AddOwn(const std::string& tenant, const std::string& destination,
                        const LaneCounts& counts, const LaneGauges& gauges) {
  AddDestination(Name(tenant, destination), counts, gauges, /*all_outcomes=*/false);
}

void LaneSeries::AddOther(const LaneCounts& counts, const LaneGauges& gauges) {
  AddDestination(Name(kOther, kOther), counts, gauges, /*all_outcomes=*/true);
}

void LaneSeries::AddTotals(const LaneCounts& counts, const LaneGauges& gauges,
                           const std::array<uint64_t, kLaneHealthCount>& destinations) {
  AddStates(deliveries_, {}, gauges);
  AddSeries(delivered_, {}, static_cast<double>(counts.delivered));
  AddSeries(dead_, {}, static_cast<double>(counts.dead));
  AddSeries(age_, {}, AgeSeconds(gauges));
  for (size_t i = 0; i < kHealthNames.size(); ++i) {
    AddSeries(destinations_, With({}, "state", kHealthNames[i]),
              static_cast<double>(destinations[i]));
  }
  for (size_t i = 0; i < kHeldNames.size(); ++i) {
    AddSeries(held_, With({}, "reason", kHeldNames[i]), static_cast<double>(counts.held[i]));
  }
  for (size_t i = 0; i < kBreakerNames.size(); ++i) {
    AddSeries(transitions_, With({}, "state", kBreakerNames[i]),
              static_cast<double>(counts.transitions[i]));
  }
}

void LaneSeries::AddStates(prometheus::MetricFamily& family, const Labels& labels,
                           const LaneGauges& gauges) {
  AddSeries(family, With(labels, "state", "ready"), static_cast<double>(gauges.ready));
  AddSeries(family, With(labels, "state", "in_flight"), static_cast<double>(gauges.in_flight));
  AddSeries(family, With(labels, "state", "parked"), static_cast<double>(gauges.parked));
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
  std::vector<prometheus::MetricFamily> families;
  for (prometheus::MetricFamily* family :
       {&deliveries_, &delivered_, &dead_, &age_, &destinations_, &held_, &transitions_,
        &each_attempts_, &each_deliveries_, &each_delivered_, &each_dead_, &each_age_}) {
    families.push_back(std::move(*family));
  }
  return families;
}

}  // namespace carillon::metrics
