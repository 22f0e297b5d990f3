#include "registered.h"

#include <span>
#include <string_view>

#include "families.h"
#include "family.h"

namespace carillon::metrics {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Registry;
using Buckets = Histogram::BucketBoundaries;

Buckets StepSeconds() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
          0.05,   0.1,     0.25,   0.5,   1,      2.5,   5};
}

Buckets ReloadSeconds() {
  return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
          0.5,    1,     2.5,    5,     10,   15,    30,   60};
}

Buckets CommitSizes() { return {0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000}; }

/// One without a label, and its place.
template <typename Series>
struct Plain {
  Series* RegisteredSeries::* place;
  const Family& family;
};

constexpr Plain<Counter> kCounters[] = {
    {&RegisteredSeries::retry_after_ignored, families::kRetryAfterIgnoredTotal},
    {&RegisteredSeries::guard_refused, families::kGuardRefusedTotal},
    {&RegisteredSeries::dns_stale, families::kDnsStaleAnswersTotal},
};

constexpr Plain<Gauge> kGauges[] = {
    {&RegisteredSeries::dns_in_flight, families::kDnsLookupsInFlight},
    {&RegisteredSeries::generation, families::kConfigGeneration},
    {&RegisteredSeries::last_reload, families::kConfigLastReloadSuccessful},
    {&RegisteredSeries::recovery_seconds, families::kRecoveryDurationSeconds},
};

struct BoundedHistogram {
  Plain<Histogram> plain;
  Buckets (*bounds)();
};

constexpr BoundedHistogram kHistograms[] = {
    {{&RegisteredSeries::publish_seconds, families::kPublishDurationSeconds}, StepSeconds},
    {{&RegisteredSeries::commit_seconds, families::kCommitDurationSeconds}, StepSeconds},
    {{&RegisteredSeries::commit_events, families::kCommitEvents}, CommitSizes},
    {{&RegisteredSeries::commit_rows, families::kCommitRows}, CommitSizes},
    {{&RegisteredSeries::sync_seconds, families::kSyncDurationSeconds}, StepSeconds},
    {{&RegisteredSeries::reload_seconds, families::kConfigReloadDurationSeconds}, ReloadSeconds},
};

/// `labels`: of the one series.
Counter& AddCounter(Registry& registry, const Family& family,
                    const prometheus::Labels& labels = {}) {
  return prometheus::BuildCounter()
      .Name(std::string(family.name))
      .Help(std::string(family.help))
      .Register(registry)
      .Add(labels);
}

Gauge& AddGauge(Registry& registry, const Family& family, const prometheus::Labels& labels = {}) {
  return prometheus::BuildGauge()
      .Name(std::string(family.name))
      .Help(std::string(family.help))
      .Register(registry)
      .Add(labels);
}

Histogram& AddHistogram(Registry& registry, const Family& family, const Buckets& buckets,
                        const prometheus::Labels& labels = {}) {
  return prometheus::BuildHistogram()
      .Name(std::string(family.name))
      .Help(std::string(family.help))
      .Register(registry)
      .Add(labels, buckets);
}

std::string Text(std::string_view text) { return std::string(text); }

/// Counters by one label.
void AddByLabel(Registry& registry, const Family& family, std::span<Counter*> counters) {
  const Label& label = family.labels[0];
  for (size_t i = 0; i < label.values.size(); ++i) {
    counters[i] = &AddCounter(registry, family, {{Text(label.name), Text(label.values[i])}});
  }
}

/// Counters by two labels.
void AddByPair(Registry& registry, const Family& family, std::span<Counter*> counters) {
  const auto& [first, second, none] = family.labels;
  for (size_t i = 0; i < first.values.size(); ++i) {
    for (size_t j = 0; j < second.values.size(); ++j) {
      counters[i * second.values.size() + j] = &AddCounter(
          registry, family,
          {{Text(first.name), Text(first.values[i])}, {Text(second.name), Text(second.values[j])}});
    }
  }
}

}  // namespace

RegisteredSeries::RegisteredSeries(Registry& registry, const std::string& version) {
  for (const auto& [place, family] : kCounters) this->*place = &AddCounter(registry, family);
  for (const auto& [place, family] : kGauges) this->*place = &AddGauge(registry, family);
  for (const auto& [plain, bounds] : kHistograms) {
    this->*plain.place = &AddHistogram(registry, plain.family, bounds());
  }
  last_reload->Set(1);
  AddGauge(registry, families::kBuildInfo, {{"version", version}, {"compiler", __VERSION__}})
      .Set(1);
  AddByLabel(registry, families::kEventsPublishedTotal, published);
  AddByLabel(registry, families::kPublishingRefusedTotal, refused);
  AddByLabel(registry, families::kTraceContextsIgnoredTotal, trace_ignored);
  AddByLabel(registry, families::kPayloadMisfitsTotal, misfits);
  AddByLabel(registry, families::kDnsLookupsTotal, dns_lookups);
  AddByLabel(registry, families::kTlsHandshakesTotal, tls_handshakes);
  AddByLabel(registry, families::kGivenUpTotal, given_up);
  AddByLabel(registry, families::kConfigReloadsTotal, reloads);
  AddByLabel(registry, families::kTokenFetchesTotal, token_fetches);
  AddByLabel(registry, families::kKeySetFetchesTotal, key_set_fetches);
  AddByPair(registry, families::kStorageErrorsTotal, store_errors);
  AddByPair(registry, families::kLocalShortageTotal, shortages);
}

}  // namespace carillon::metrics
