#include "process_gauges.h"

#include <string>
#include <utility>

#include "families.h"
#include "family.h"

namespace carillon::metrics {
namespace {

/// Those without labels.
struct PlainGauge {
  const Family& family;
  uint64_t ProcessGauges::* value;
};

constexpr PlainGauge kPlainGauges[] = {
    {families::kPublisherConnections, &ProcessGauges::publisher_connections},
    {families::kPublisherCalls, &ProcessGauges::publisher_calls},
    {families::kPublishMemoryBytes, &ProcessGauges::publish_memory_bytes},
    {families::kLogLinesDroppedTotal, &ProcessGauges::log_lines_dropped},
    {families::kJournalLastPosition, &ProcessGauges::journal_last_position},
    {families::kJournalWatermark, &ProcessGauges::journal_watermark},
    {families::kJournalFloor, &ProcessGauges::journal_floor},
    {families::kJournalWaitingBytes, &ProcessGauges::journal_waiting_bytes},
    {families::kJournalStoredBytes, &ProcessGauges::journal_stored_bytes},
    {families::kKeptDeliveries, &ProcessGauges::kept_deliveries},
    {families::kKeptBytes, &ProcessGauges::kept_bytes},
    {families::kDiskFreeBytes, &ProcessGauges::free_disk_bytes},
    {families::kDiskMinFreeBytes, &ProcessGauges::min_free_disk_bytes},
    {families::kDeduplicationIds, &ProcessGauges::deduplication_ids},
    {families::kDestinationsUnverified, &ProcessGauges::unverified_destinations},
    {families::kDestinationConnectionsLimit, &ProcessGauges::destination_connections_limit},
    {families::kInFlightLimit, &ProcessGauges::in_flight_limit},
    {families::kDeadKept, &ProcessGauges::dead_kept},
    {families::kDeliveryLogRows, &ProcessGauges::delivery_log_rows},
    {families::kDeliveryLogBytes, &ProcessGauges::delivery_log_bytes},
    {families::kDeliveryLogFreedBytesTotal, &ProcessGauges::delivery_log_freed_bytes},
    {families::kDeliveryLogDamagedTotal, &ProcessGauges::delivery_log_damaged},
    {families::kDeliveryLogFailing, &ProcessGauges::delivery_log_failing},
    {families::kStatisticsWithoutSubjectTotal, &ProcessGauges::statistics_without_subject},
    {families::kStatisticsSubjects, &ProcessGauges::statistics_subjects},
    {families::kStatisticsBytes, &ProcessGauges::statistics_bytes},
    {families::kStatisticsDamagedTotal, &ProcessGauges::statistics_damaged},
    {families::kStatisticsFailing, &ProcessGauges::statistics_failing},
};

/// Few series that come and go: those for which most is kept.
void AddHolders(const std::vector<Holder>& holders, std::vector<prometheus::MetricFamily>& to) {
  prometheus::MetricFamily bytes = Begin(families::kKeptForBytes);
  prometheus::MetricFamily since = Begin(families::kKeptForSinceSeconds);
  for (const Holder& holder : holders) {
    const Labels labels = {{"tenant", holder.tenant}, {"destination", holder.destination}};
    AddSeries(bytes, labels, static_cast<double>(holder.bytes));
    AddSeries(since, labels, static_cast<double>(holder.since_ns) * 1e-9);
  }
  to.push_back(std::move(bytes));
  to.push_back(std::move(since));
}

/// Few series that come and go: the certificates that end soonest.
prometheus::MetricFamily OfCertificates(const std::vector<CertificateEnd>& certificates) {
  prometheus::MetricFamily family = Begin(families::kCertificateNotAfterSeconds);
  for (const CertificateEnd& one : certificates) {
    const std::string use(kCertificateUseNames[static_cast<size_t>(one.use)]);
    AddSeries(family, {{"use", use}, {"tenant", one.tenant}, {"destination", one.destination}},
              static_cast<double>(one.not_after));
  }
  return family;
}

}  // namespace

std::vector<prometheus::MetricFamily> DescribeGauges(const ProcessGauges& gauges) {
  std::vector<prometheus::MetricFamily> described;
  for (const PlainGauge& plain : kPlainGauges) {
    described.push_back(Single(plain.family, static_cast<double>(gauges.*plain.value)));
  }
  described.push_back(Single(families::kPublishingAccepted, gauges.accepting ? 1 : 0));
  described.push_back(Each(families::kPublisherConnectionsClosedTotal,
                           [&](size_t i) { return gauges.publisher_connections_closed[i]; }));
  described.push_back(Each(families::kPublisherReadsHeldTotal,
                           [&](size_t) { return gauges.publisher_reads_held; }));
  described.push_back(
      Each(families::kTraceSpansTotal, [&](size_t i) { return gauges.trace_spans[i]; }));
  described.push_back(Each(families::kDeliveryLogAttemptsTotal,
                           [&](size_t i) { return gauges.delivery_log_attempts[i]; }));
  described.push_back(Each(families::kStatisticsEntriesTotal,
                           [&](size_t i) { return gauges.statistics_entries[i]; }));
  AddHolders(gauges.holders, described);
  described.push_back(OfCertificates(gauges.certificates));
  return described;
}

}  // namespace carillon::metrics
