#include "carillon/metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <iterator>
#include <mutex>
#include <sstream>
#include <utility>
#include <vector>

#include "family.h"
#include "lane_table.h"
#include "process.h"
#include "process_gauges.h"
#include "shard_table.h"

namespace carillon::metrics {
namespace {

using prometheus::Counter;
using prometheus::Histogram;
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

double Seconds(std::chrono::nanoseconds d) { return std::chrono::duration<double>(d).count(); }

Counter& AddCounter(prometheus::Registry& registry, const std::string& name,
                    const std::string& help, const prometheus::Labels& labels = {}) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
}

/// One counter for each of `values` of a label.
template <size_t kCount>
void AddCounters(prometheus::Registry& registry, const std::string& name, const std::string& help,
                 const std::string& label, const std::array<std::string_view, kCount>& values,
                 std::array<Counter*, kCount>& counters) {
  for (size_t i = 0; i < kCount; ++i) {
    counters[i] = &AddCounter(registry, name, help, {{label, std::string(values[i])}});
  }
}

prometheus::Gauge& AddGauge(prometheus::Registry& registry, const std::string& name,
                            const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

Histogram& AddHistogram(prometheus::Registry& registry, const std::string& name,
                        const std::string& help, const Buckets& buckets,
                        const prometheus::Labels& labels = {}) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add(labels, buckets);
}

void Append(std::vector<prometheus::MetricFamily>& to, std::vector<prometheus::MetricFamily> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

class MetricsImpl final : public Metrics {
 public:
  MetricsImpl(const std::string& version, size_t top, const base::Clock* clock)
      : publish_seconds_(AddHistogram(registry_, "carillon_publish_duration_seconds",
                                      "From the arrival of a message of events to its answer.",
                                      StepSeconds())),
        commit_seconds_(AddHistogram(registry_, "carillon_commit_duration_seconds",
                                     "Time of a group commit, its sync included.", StepSeconds())),
        commit_events_(AddHistogram(registry_, "carillon_commit_events",
                                    "Events in a group commit.", CommitSizes())),
        commit_rows_(AddHistogram(registry_, "carillon_commit_rows",
                                  "Rows of all kinds in a group commit.", CommitSizes())),
        delivered_seconds_(AddHistogram(registry_, "carillon_accepted_to_delivered_seconds",
                                        "From the acceptance of an event to the end of the "
                                        "attempt that delivered it.",
                                        DeliverySeconds())),
        retry_after_ignored_(AddCounter(registry_, "carillon_retry_after_ignored_total",
                                        "Retry-After headers that made no sense.")),
        guard_refused_(AddCounter(registry_, "carillon_guard_refused_total",
                                  "Connections that the guard did not let be made.")),
        dns_stale_(AddCounter(registry_, "carillon_dns_stale_answers_total",
                              "Answers past their TTL, given because the name servers gave none.")),
        dns_in_flight_(AddGauge(registry_, "carillon_dns_lookups_in_flight",
                                "Look-ups at the name servers that are under way.")),
        sync_seconds_(AddHistogram(registry_, "carillon_sync_duration_seconds",
                                   "Time of a sync of the write-ahead file in a commit.",
                                   StepSeconds())),
        reload_seconds_(AddHistogram(registry_, "carillon_config_reload_duration_seconds",
                                     "Time from reading a configuration to its being in force.",
                                     AttemptSeconds())),
        generation_(AddGauge(registry_, "carillon_config_generation",
                             "Number of the configuration in force since the start.")),
        last_reload_(AddGauge(registry_, "carillon_config_last_reload_successful",
                              "1 unless the last configuration that was read was refused.")),
        recovery_seconds_(AddGauge(registry_, "carillon_recovery_duration_seconds",
                                   "From the opening of the store to accepting events.")),
        lanes_(top, clock != nullptr ? *clock : system_clock_),
        shards_(clock != nullptr ? *clock : system_clock_) {
    last_reload_.Set(1);
    AddCounters(registry_, "carillon_publishing_refused_total",
                "Events refused though nothing is wrong with them, by why.", "reason",
                kRefusalNames, refused_);
    AddCounters(registry_, "carillon_tls_handshakes_total",
                "TLS handshakes with destinations by how they ended.", "result", kTlsResultNames,
                tls_handshakes_);
    for (size_t i = 0; i < store_errors_.size(); ++i) {
      store_errors_[i] =
          &AddCounter(registry_, "carillon_storage_errors_total",
                      "What went wrong with the store, by what was done.",
                      {{"operation", std::string(kOperationNames[i / kStoreErrorCount])},
                       {"kind", std::string(kStoreErrorNames[i % kStoreErrorCount])}});
    }
    for (size_t i = 0; i < published_.size(); ++i) {
      published_[i] = &AddCounter(registry_, "carillon_events_published_total",
                                  "Events that publishers sent, by what became of them.",
                                  {{"result", std::string(kPublishResultNames[i])}});
    }
    for (size_t i = 0; i < trace_ignored_.size(); ++i) {
      trace_ignored_[i] = &AddCounter(registry_, "carillon_trace_contexts_ignored_total",
                                      "Trace contexts that were wrong and ignored, by which part.",
                                      {{"part", std::string(kTracePartNames[i])}});
    }
    for (size_t i = 0; i < dns_lookups_.size(); ++i) {
      dns_lookups_[i] = &AddCounter(registry_, "carillon_dns_lookups_total",
                                    "Look-ups at the name servers, by how they ended.",
                                    {{"result", std::string(kDnsResultNames[i])}});
    }
    for (size_t i = 0; i < attempts_.size(); ++i) {
      const prometheus::Labels labels = {{"outcome", std::string(model::kOutcomeNames[i])}};
      attempts_[i] = &AddCounter(registry_, "carillon_attempts_total",
                                 "Attempts of all destinations, by outcome.", labels);
      attempt_seconds_[i] = &AddHistogram(registry_, "carillon_attempt_duration_seconds",
                                          "Time of an attempt, from its start to its outcome.",
                                          AttemptSeconds(), labels);
    }
    for (size_t i = 0; i < given_up_.size(); ++i) {
      given_up_[i] = &AddCounter(registry_, "carillon_given_up_total",
                                 "Deliveries that were given up unsent, by reason.",
                                 {{"reason", std::string(kGivenUpNames[i])}});
    }
    for (const bool ok : {false, true}) {
      const prometheus::Labels labels = {{"result", ok ? "ok" : "error"}};
      reloads_[ok] =
          &AddCounter(registry_, "carillon_config_reloads_total",
                      "Configurations read while running, by whether they were taken.", labels);
      token_fetches_[ok] =
          &AddCounter(registry_, "carillon_token_fetches_total",
                      "Requests to token servers, by whether a token came.", labels);
    }
    for (size_t i = 0; i < shortages_.size(); ++i) {
      shortages_[i] = &AddCounter(
          registry_, "carillon_local_shortage_total",
          "Times this machine was short of something that an attempt needed, by what was done.",
          {{"resource", std::string(model::kResourceNames[i / model::kShortageEffectCount])},
           {"effect", std::string(model::kShortageEffectNames[i % model::kShortageEffectCount])}});
    }
    prometheus::BuildGauge()
        .Name("carillon_build_info")
        .Help("Always 1; the labels tell what runs.")
        .Register(registry_)
        .Add({{"version", version}, {"compiler", __VERSION__}})
        .Set(1);
  }

  void CountPublished(PublishResult result, uint64_t events) override {
    published_[static_cast<size_t>(result)]->Increment(static_cast<double>(events));
  }

  void CountTraceIgnored(TracePart part, uint64_t contexts) override {
    trace_ignored_[static_cast<size_t>(part)]->Increment(static_cast<double>(contexts));
  }

  void ObservePublish(std::chrono::nanoseconds took) override {
    publish_seconds_.Observe(Seconds(took));
  }

  void ObserveCommit(std::chrono::nanoseconds took, uint64_t events, uint64_t rows) override {
    commit_seconds_.Observe(Seconds(took));
    commit_events_.Observe(static_cast<double>(events));
    commit_rows_.Observe(static_cast<double>(rows));
  }

  void ObserveAttempt(model::Outcome outcome, std::chrono::nanoseconds took) override {
    attempts_[static_cast<size_t>(outcome)]->Increment();
    attempt_seconds_[static_cast<size_t>(outcome)]->Observe(Seconds(took));
  }

  void ObserveDelivered(std::chrono::nanoseconds since_accepted) override {
    delivered_seconds_.Observe(Seconds(since_accepted));
  }

  void CountReload(bool ok, std::chrono::nanoseconds took) override {
    reloads_[ok]->Increment();
    last_reload_.Set(ok ? 1 : 0);
    reload_seconds_.Observe(Seconds(took));
  }
  void SetConfiguration(std::string hash) override {
    generation_.Increment();
    const std::lock_guard lock(hash_mutex_);
    hash_ = std::move(hash);
  }
  void SetRecovery(std::chrono::nanoseconds took) override { recovery_seconds_.Set(Seconds(took)); }

  void CountRefused(Refusal reason, uint64_t events) override {
    refused_[static_cast<size_t>(reason)]->Increment(static_cast<double>(events));
  }
  void CountStoreError(StoreOperation operation, StoreError error) override {
    const size_t row = static_cast<size_t>(operation) * kStoreErrorCount;
    store_errors_[row + static_cast<size_t>(error)]->Increment();
  }
  void ObserveSync(std::chrono::nanoseconds took) override { sync_seconds_.Observe(Seconds(took)); }
  void CountTlsHandshake(TlsResult result) override {
    tls_handshakes_[static_cast<size_t>(result)]->Increment();
  }

  void CountRetryAfterIgnored() override { retry_after_ignored_.Increment(); }
  void CountGuardRefused() override { guard_refused_.Increment(); }

  void CountShortage(model::Resource resource, model::ShortageEffect effect) override {
    const size_t row = static_cast<size_t>(resource) * model::kShortageEffectCount;
    shortages_[row + static_cast<size_t>(effect)]->Increment();
  }
  void CountDnsLookup(DnsResult result) override {
    dns_lookups_[static_cast<size_t>(result)]->Increment();
  }
  void SetDnsLookupsInFlight(uint64_t count) override {
    dns_in_flight_.Set(static_cast<double>(count));
  }
  void CountDnsStale() override { dns_stale_.Increment(); }
  void CountGivenUp(GivenUp reason, uint64_t deliveries) override {
    given_up_[static_cast<size_t>(reason)]->Increment(static_cast<double>(deliveries));
  }

  void CountTokenFetch(bool ok) override { token_fetches_[ok]->Increment(); }

  std::shared_ptr<LaneMetrics> AddLane(std::string tenant, std::string destination) override {
    return lanes_.Add(std::move(tenant), std::move(destination));
  }

  std::shared_ptr<ShardMetrics> AddShard() override { return shards_.Add(); }
  void KnowTypes(std::span<const std::string> types) override { shards_.types().Know(types); }
  size_t PlaceOfType(std::string_view type) override { return shards_.types().Find(type); }

  void SetProcessGauges(std::function<ProcessGauges()> source) override {
    const std::lock_guard lock(source_mutex_);
    source_ = std::move(source);
  }

  std::string Render() override {
    const ProcessGauges gauges = ReadGauges();
    std::vector<prometheus::MetricFamily> families = registry_.Collect();
    Append(families, lanes_.Collect());
    Append(families, shards_.Collect());
    Append(families, DescribeGauges(gauges));
    families.push_back(DescribeConfiguration());
    Append(families, process_.Collect());
    return prometheus::TextSerializer().Serialize(families);
  }

 private:
  ProcessGauges ReadGauges() {
    const std::lock_guard lock(source_mutex_);
    return source_ ? source_() : ProcessGauges{};
  }

  prometheus::MetricFamily DescribeConfiguration() {
    prometheus::MetricFamily family =
        GaugeFamily("carillon_config_info", "Always 1; the hash is that of the configuration.");
    const std::lock_guard lock(hash_mutex_);
    if (!hash_.empty()) AddSeries(family, {{"hash", hash_}}, 1);
    return family;
  }

  const base::SystemClock system_clock_;
  prometheus::Registry registry_{prometheus::Registry::InsertBehavior::Merge};
  std::array<Counter*, kPublishResultCount> published_;
  std::array<Counter*, kTracePartCount> trace_ignored_;
  std::array<Counter*, model::kOutcomeCount> attempts_;
  std::array<Histogram*, model::kOutcomeCount> attempt_seconds_;
  std::array<Counter*, kDnsResultCount> dns_lookups_;
  std::array<Counter*, 2> reloads_;
  std::array<Counter*, kGivenUpCount> given_up_;
  std::array<Counter*, 2> token_fetches_;
  std::array<Counter*, kRefusalCount> refused_;
  std::array<Counter*, kTlsResultCount> tls_handshakes_;
  std::array<Counter*, size_t{kStoreOperationCount} * kStoreErrorCount> store_errors_;
  std::array<Counter*, model::kResourceCount * model::kShortageEffectCount> shortages_;
  Histogram& publish_seconds_;
  Histogram& commit_seconds_;
  Histogram& commit_events_;
  Histogram& commit_rows_;
  Histogram& delivered_seconds_;
  Counter& retry_after_ignored_;
  Counter& guard_refused_;
  Counter& dns_stale_;
  prometheus::Gauge& dns_in_flight_;
  Histogram& sync_seconds_;
  Histogram& reload_seconds_;
  prometheus::Gauge& generation_;
  prometheus::Gauge& last_reload_;
  prometheus::Gauge& recovery_seconds_;
  LaneTable lanes_;
  ShardTable shards_;
  const ProcessCollector process_;
  std::mutex hash_mutex_;
  std::string hash_;
  std::mutex source_mutex_;
  std::function<ProcessGauges()> source_;
};

}  // namespace

std::unique_ptr<Metrics> Metrics::Create(std::string version, size_t top,
                                         const base::Clock* clock) {
  return std::make_unique<MetricsImpl>(version, top, clock);
}

}  // namespace carillon::metrics
