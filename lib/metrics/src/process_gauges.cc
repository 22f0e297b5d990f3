#include "process_gauges.h"

#include <string>
#include <utility>

#include "family.h"

namespace carillon::metrics {
namespace {

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
  prometheus::MetricFamily held =
      CounterFamily("carillon_publisher_reads_held_total",
                    "Times that a publisher's connection had to wait for its turn to be read.");
  AddSeries(held, {{"reason", "turn"}}, static_cast<double>(g.publisher_reads_held));
  prometheus::MetricFamily spans =
      CounterFamily("carillon_trace_spans_total", "Spans of traces, by what became of them.");
  for (size_t i = 0; i < kTraceSpanNames.size(); ++i) {
    AddSeries(spans, {{"result", std::string(kTraceSpanNames[i])}},
              static_cast<double>(g.trace_spans[i]));
  }
  return {
      std::move(closed),
      std::move(dropped),
      std::move(held),
      std::move(spans),
      gauge("carillon_publisher_connections", "Connections of publishers.",
            g.publisher_connections),
      gauge("carillon_publisher_calls", "Calls of publishers that are open.", g.publisher_calls),
      gauge("carillon_publish_memory_bytes",
            "Memory of publishers' connections, calls and unfinished messages.",
            g.publish_memory_bytes),
      gauge("carillon_journal_last_position", "Position of the newest event in the journal.",
            g.journal_last_position),
      gauge("carillon_journal_watermark",
            "Position up to which no event waits for a destination that keeps up.",
            g.journal_watermark),
      gauge("carillon_journal_floor",
            "Position up to which every event is settled for every destination.", g.journal_floor),
      gauge("carillon_journal_waiting_bytes", "Memory of what waits for the next group commit.",
            g.journal_waiting_bytes),
      gauge("carillon_journal_stored_bytes", "Size of the journal on disk.",
            g.journal_stored_bytes),
      gauge("carillon_kept_deliveries",
            "Deliveries that wait on disk for a retry, or are held or kept.", g.kept_deliveries),
      gauge("carillon_kept_bytes", "Bytes of the events of these.", g.kept_bytes),
      gauge("carillon_disk_free_bytes", "Free space of the file system of the journal.",
            g.free_disk_bytes),
      gauge("carillon_disk_min_free_bytes", "Free space below which publishing is refused.",
            g.min_free_disk_bytes),
      gauge("carillon_deduplication_ids", "Event ids that are remembered.", g.deduplication_ids),
      gauge("carillon_publishing_accepted",
            "1 while events are accepted, 0 while they are refused.", g.accepting ? 1 : 0),
      gauge("carillon_destinations_unverified",
            "Destinations for which TLS verification is switched off.", g.unverified_destinations),
      gauge("carillon_destination_connections_limit",
            "As many connections to destinations as there are descriptors for.",
            g.destination_connections_limit),
      gauge("carillon_in_flight_limit", "Attempts that may be in flight at once.",
            g.in_flight_limit),
      gauge("carillon_dead_kept", "Dead deliveries that the journal keeps.", g.dead_kept),
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

/// Few series that come and go: the certificates that end soonest.
prometheus::MetricFamily DescribeCertificates(const std::vector<CertificateEnd>& certificates) {
  prometheus::MetricFamily family = GaugeFamily(
      "carillon_certificate_not_after_seconds",
      "End of a certificate that Carillon holds, in seconds since the epoch; the ten soonest.");
  for (const CertificateEnd& one : certificates) {
    const std::string use(kCertificateUseNames[static_cast<size_t>(one.use)]);
    AddSeries(family, {{"use", use}, {"tenant", one.tenant}, {"destination", one.destination}},
              static_cast<double>(one.not_after));
  }
  return family;
}

}  // namespace

std::vector<prometheus::MetricFamily> DescribeGauges(const ProcessGauges& gauges) {
  std::vector<prometheus::MetricFamily> families = Describe(gauges);
  for (prometheus::MetricFamily& family : DescribeHolders(gauges.holders)) {
    families.push_back(std::move(family));
  }
  families.push_back(DescribeCertificates(gauges.certificates));
  return families;
}

}  // namespace carillon::metrics
