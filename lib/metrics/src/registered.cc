#include "registered.h"

#include <span>
#include <string_view>

namespace carillon::metrics {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Registry;
using Buckets = Histogram::BucketBoundaries;

constexpr std::array<std::string_view, kDnsResultCount> kDnsResultNames = {
    "ok", "not_found", "timeout", "error", "local"};
constexpr std::array<std::string_view, kGivenUpCount> kGivenUpNames = {"too_much", "too_old",
                                                                       "removed"};
constexpr std::array<std::string_view, kTracePartCount> kTracePartNames = {"traceparent",
                                                                           "tracestate"};
constexpr std::array<std::string_view, kRefusalCount> kRefusalNames = {
    "disk_full", "waiting", "streams", "stopping", "journal_failed"};
constexpr std::array<std::string_view, kStoreOperationCount> kOperationNames = {
    "write", "read", "checkpoint", "retention", "files"};
constexpr std::array<std::string_view, kStoreErrorCount> kStoreErrorNames = {
    "full", "busy", "damaged", "denied", "io"};
constexpr std::array<std::string_view, kTlsResultCount> kTlsResultNames = {"ok", "resumed",
                                                                           "failed", "timeout"};
constexpr std::array<std::string_view, kPublishResultCount> kPublishResultNames = {
    "accepted", "duplicate", "invalid", "overload", "unavailable"};
constexpr std::array<std::string_view, 2> kOkNames = {"error", "ok"};

Buckets StepSeconds() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
          0.05,   0.1,     0.25,   0.5,   1,      2.5,   5};
}

Buckets AttemptSeconds() {
  return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
          0.5,    1,     2.5,    5,     10,   15,    30,   60};
}

Buckets DeliverySeconds() {
  return {0.0005, 0.001, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1,   0.25,
          0.5,    1,     2.5,   5,     10,    30,    60,     300,  1800,  7200, 43200, 86400};
}

Buckets CommitSizes() { return {0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000}; }

struct Text {
  const char* name;
  const char* help;
};

/// One without a label, and its place.
template <typename Series>
struct Plain {
  Series* RegisteredSeries::* place;
  Text text;
};

constexpr Plain<Counter> kCounters[] = {
    {&RegisteredSeries::retry_after_ignored,
     {"carillon_retry_after_ignored_total", "Retry-After headers that made no sense."}},
    {&RegisteredSeries::guard_refused,
     {"carillon_guard_refused_total", "Connections that the guard did not let be made."}},
    {&RegisteredSeries::dns_stale,
     {"carillon_dns_stale_answers_total",
      "Answers past their TTL, given because the name servers gave none."}},
};

constexpr Plain<Gauge> kGauges[] = {
    {&RegisteredSeries::dns_in_flight,
     {"carillon_dns_lookups_in_flight", "Look-ups at the name servers that are under way."}},
    {&RegisteredSeries::generation,
     {"carillon_config_generation", "Number of the configuration in force since the start."}},
    {&RegisteredSeries::last_reload,
     {"carillon_config_last_reload_successful",
      "1 unless the last configuration that was read was refused."}},
    {&RegisteredSeries::recovery_seconds,
     {"carillon_recovery_duration_seconds", "From the opening of the store to accepting events."}},
};

struct BoundedHistogram {
  Plain<Histogram> plain;
  Buckets (*bounds)();
};

constexpr BoundedHistogram kHistograms[] = {
    {{&RegisteredSeries::publish_seconds,
      {"carillon_publish_duration_seconds",
       "From the arrival of a message of events to its answer."}},
     StepSeconds},
    {{&RegisteredSeries::commit_seconds,
      {"carillon_commit_duration_seconds", "Time of a group commit, its sync included."}},
     StepSeconds},
    {{&RegisteredSeries::commit_events, {"carillon_commit_events", "Events in a group commit."}},
     CommitSizes},
    {{&RegisteredSeries::commit_rows,
      {"carillon_commit_rows", "Rows of all kinds in a group commit."}},
     CommitSizes},
    {{&RegisteredSeries::delivered_seconds,
      {"carillon_accepted_to_delivered_seconds",
       "From the acceptance of an event to the end of the attempt that delivered it."}},
     DeliverySeconds},
    {{&RegisteredSeries::sync_seconds,
      {"carillon_sync_duration_seconds", "Time of a sync of the write-ahead file in a commit."}},
     StepSeconds},
    {{&RegisteredSeries::reload_seconds,
      {"carillon_config_reload_duration_seconds",
       "Time from reading a configuration to its being in force."}},
     AttemptSeconds},
};

Counter& AddCounter(Registry& registry, const Text& text, const prometheus::Labels& labels = {}) {
  return prometheus::BuildCounter().Name(text.name).Help(text.help).Register(registry).Add(labels);
}

Gauge& AddGauge(Registry& registry, const Text& text, const prometheus::Labels& labels = {}) {
  return prometheus::BuildGauge().Name(text.name).Help(text.help).Register(registry).Add(labels);
}

Histogram& AddHistogram(Registry& registry, const Text& text, const Buckets& buckets,
                        const prometheus::Labels& labels = {}) {
  return prometheus::BuildHistogram().Name(text.name).Help(text.help).Register(registry).Add(
      labels, buckets);
}

/// Counters by one label, whose values are closed.
struct ByLabel {
  const char* name;
  const char* help;
  const char* label;
  std::span<const std::string_view> values;
  std::span<Counter*> counters;

  void Add(Registry& registry) const {
    for (size_t i = 0; i < values.size(); ++i) {
      counters[i] = &AddCounter(registry, {name, help}, {{label, std::string(values[i])}});
    }
  }
};

struct Label {
  const char* name;
  std::span<const std::string_view> values;
};

/// Counters by two labels.
void AddPairs(Registry& registry, const Text& text, const Label& first, const Label& second,
              std::span<Counter*> counters) {
  const size_t row = second.values.size();
  for (size_t i = 0; i < counters.size(); ++i) {
    counters[i] = &AddCounter(registry, text,
                              {{first.name, std::string(first.values[i / row])},
                               {second.name, std::string(second.values[i % row])}});
  }
}

}  // namespace

RegisteredSeries::RegisteredSeries(Registry& registry, const std::string& version) {
  for (const auto& [place, text] : kCounters) this->*place = &AddCounter(registry, text);
  for (const auto& [place, text] : kGauges) this->*place = &AddGauge(registry, text);
  for (const auto& [plain, bounds] : kHistograms) {
    this->*plain.place = &AddHistogram(registry, plain.text, bounds());
  }
  last_reload->Set(1);
  AddGauge(registry, {"carillon_build_info", "Always 1; the labels tell what runs."},
           {{"version", version}, {"compiler", __VERSION__}})
      .Set(1);
  AddByLabel(registry);
}

void RegisteredSeries::AddByLabel(Registry& registry) {
  const ByLabel by_label[] = {
      {"carillon_events_published_total", "Events that publishers sent, by what became of them.",
       "result", kPublishResultNames, published},
      {"carillon_publishing_refused_total",
       "Events refused though nothing is wrong with them, by why.", "reason", kRefusalNames,
       refused},
      {"carillon_trace_contexts_ignored_total",
       "Trace contexts that were wrong and ignored, by which part.", "part", kTracePartNames,
       trace_ignored},
      {"carillon_dns_lookups_total", "Look-ups at the name servers, by how they ended.", "result",
       kDnsResultNames, dns_lookups},
      {"carillon_tls_handshakes_total", "TLS handshakes with destinations by how they ended.",
       "result", kTlsResultNames, tls_handshakes},
      {"carillon_given_up_total", "Deliveries that were given up unsent, by reason.", "reason",
       kGivenUpNames, given_up},
      {"carillon_config_reloads_total",
       "Configurations read while running, by whether they were taken.", "result", kOkNames,
       reloads},
      {"carillon_token_fetches_total", "Requests to token servers, by whether a token came.",
       "result", kOkNames, token_fetches},
      {"carillon_attempts_total", "Attempts of all destinations, by outcome.", "outcome",
       model::kOutcomeNames, attempts},
  };
  for (const ByLabel& series : by_label) series.Add(registry);
  for (size_t i = 0; i < attempt_seconds.size(); ++i) {
    attempt_seconds[i] = &AddHistogram(
        registry,
        {"carillon_attempt_duration_seconds", "Time of an attempt, from its start to its outcome."},
        AttemptSeconds(), {{"outcome", std::string(model::kOutcomeNames[i])}});
  }
  AddPairs(registry,
           {"carillon_storage_errors_total", "What went wrong with the store, by what was done."},
           {"operation", kOperationNames}, {"kind", kStoreErrorNames}, store_errors);
  AddPairs(registry,
           {"carillon_local_shortage_total",
            "Times this machine was short of something that an attempt needed, by what was done."},
           {"resource", model::kResourceNames}, {"effect", model::kShortageEffectNames}, shortages);
}

}  // namespace carillon::metrics
