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

Histogram& AddHistogram(prometheus::Registry& registry, const std::string& name,
                        const std::string& help, const Buckets& buckets,
                        const prometheus::Labels& labels = {}) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add(labels, buckets);
}

void Append(std::vector<prometheus::MetricFamily>& to, std::vector<prometheus::MetricFamily> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

std::vector<prometheus::MetricFamily> Describe(const ProcessGauges& g) {
  const auto gauge = [](std::string name, std::string help, uint64_t value) {
    return SingleGauge(std::move(name), std::move(help), static_cast<double>(value));
  };
  prometheus::MetricFamily closed =
      CounterFamily("carillon_publisher_connections_closed_total",
                    "Connections of publishers that the server closed, by why.");
  for (size_t i = 0; i < kPublisherCloseNames.size(); ++i) {
    AddSeries(closed, {{"reason", std::string(kPublisherCloseNames[i])}},
              static_cast<double>(g.publisher_connections_closed[i]));
  }
  prometheus::MetricFamily dropped = CounterFamily("carillon_log_lines_dropped_total",
                                                   "Log lines that their reader was too slow for.");
  AddSeries(dropped, {}, static_cast<double>(g.log_lines_dropped));
  prometheus::MetricFamily spans =
      CounterFamily("carillon_trace_spans_total", "Spans of traces, by what became of them.");
  for (size_t i = 0; i < kTraceSpanNames.size(); ++i) {
    AddSeries(spans, {{"result", std::string(kTraceSpanNames[i])}},
              static_cast<double>(g.trace_spans[i]));
  }
  return {
      std::move(closed),
      std::move(dropped),
      std::move(spans),
      gauge("carillon_publisher_connections", "Connections of publishers.",
            g.publisher_connections),
      gauge("carillon_publisher_calls", "Calls of publishers that are open.", g.publisher_calls),
      gauge("carillon_publish_memory_bytes",
            "Memory of publishers' connections, calls and unfinished messages.",
            g.publish_memory_bytes),
      gauge("carillon_journal_last_position", "Position of the newest event in the journal.",
            g.journal_last_position),
      gauge("carillon_journal_watermark", "Position below which every event is settled.",
            g.journal_watermark),
      gauge("carillon_journal_waiting_bytes", "Memory of what waits for the next group commit.",
            g.journal_waiting_bytes),
      gauge("carillon_journal_stored_bytes", "Size of the journal on disk.",
            g.journal_stored_bytes),
      gauge("carillon_kept_deliveries",
            "Deliveries that wait on disk for a retry, or are held or kept.", g.kept_deliveries),
      gauge("carillon_kept_bytes", "Bytes of the events of these.", g.kept_bytes),
      gauge("carillon_disk_free_bytes", "Free space of the file system of the journal.",
            g.free_disk_bytes),
      gauge("carillon_deduplication_ids", "Event ids that are remembered.", g.deduplication_ids),
      gauge("carillon_publishing_accepted",
            "1 while events are accepted, 0 while they are refused.", g.accepting ? 1 : 0),
      gauge("carillon_destinations_unverified",
            "Destinations for which TLS verification is switched off.", g.unverified_destinations),
      gauge("carillon_destination_connections",
            "Connections to destinations, their proxies and token servers.",
            g.destination_connections),
      gauge("carillon_destination_connections_limit",
            "As many of them as there are descriptors for.", g.destination_connections_limit),
  };
}

/// Few series that come and go: those for which most is kept.
std::vector<prometheus::MetricFamily> DescribeHolders(const std::vector<Holder>& holders) {
  prometheus::MetricFamily bytes =
      GaugeFamily("carillon_kept_for_bytes",
                  "About how many bytes the journal keeps for a destination; the most ten.");
  prometheus::MetricFamily since = GaugeFamily(
      "carillon_kept_for_since_seconds",
      "Acceptance of the oldest event that is kept for it, in seconds since the epoch.");
  for (const Holder& holder : holders) {
    const Labels labels = {{"tenant", holder.tenant}, {"destination", holder.destination}};
    AddSeries(bytes, labels, static_cast<double>(holder.bytes));
    AddSeries(since, labels, static_cast<double>(holder.since_ns) * 1e-9);
  }
  return {std::move(bytes), std::move(since)};
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
        dns_in_flight_(prometheus::BuildGauge()
                           .Name("carillon_dns_lookups_in_flight")
                           .Help("Look-ups at the name servers that are under way.")
                           .Register(registry_)
                           .Add({})),
        lanes_(top, clock != nullptr ? *clock : system_clock_) {
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

  void CountReload(bool ok) override { reloads_[ok]->Increment(); }

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

  void SetProcessGauges(std::function<ProcessGauges()> source) override {
    const std::lock_guard lock(source_mutex_);
    source_ = std::move(source);
  }

  std::string Render() override {
    const ProcessGauges gauges = ReadGauges();
    std::vector<prometheus::MetricFamily> families = registry_.Collect();
    Append(families, lanes_.Collect());
    Append(families, Describe(gauges));
    Append(families, DescribeHolders(gauges.holders));
    Append(families, process_.Collect());
    return prometheus::TextSerializer().Serialize(families);
  }

 private:
  ProcessGauges ReadGauges() {
    const std::lock_guard lock(source_mutex_);
    return source_ ? source_() : ProcessGauges{};
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
  LaneTable lanes_;
  const ProcessCollector process_;
  std::mutex source_mutex_;
  std::function<ProcessGauges()> source_;
};

}  // namespace

std::unique_ptr<Metrics> Metrics::Create(std::string version, size_t top,
                                         const base::Clock* clock) {
  return std::make_unique<MetricsImpl>(version, top, clock);
}

}  // namespace carillon::metrics
