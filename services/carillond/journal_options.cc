#include "journal_options.h"

#include "carillon/base/clock.h"
#include "carillon/resource/proto_time.h"

namespace carillon::server {

journal::SqliteJournalOptions JournalOptions(const resource::Config& config) {
  journal::SqliteJournalOptions options;
  options.data_dir = config.journal.data_dir();
  options.deduplication_age = resource::ToChrono(config.journal.deduplication_age());
  options.deduplication_ids = config.journal.deduplication_ids();
  options.retention_age = resource::ToChrono(config.journal.retention_age());
  options.retention_bytes = config.journal.retention_bytes();
  options.min_free_bytes = config.journal.min_free_bytes();
  options.kept_age = resource::ToChrono(config.journal.kept_age());
  options.kept_bytes = config.journal.kept_bytes();
  options.kept_events = config.journal.kept_events();
  options.kept_total_bytes = config.journal.kept_total_bytes();
  options.kept_total_events = config.journal.kept_total_events();
  options.max_waiting_bytes = config.server.max_waiting_bytes();
  return options;
}

void Describe(const journal::Journal::Stats& stats, metrics::ProcessGauges& gauges) {
  gauges.journal_last_position = stats.last_position;
  gauges.journal_watermark = stats.watermark;
  gauges.journal_floor = stats.floor;
  gauges.journal_waiting_bytes = stats.waiting_bytes;
  gauges.journal_stored_bytes = stats.stored_bytes;
  gauges.free_disk_bytes = stats.free_bytes;
  gauges.min_free_disk_bytes = stats.min_free_bytes;
  gauges.deduplication_ids = stats.deduplication_ids;
  gauges.kept_deliveries = stats.kept_deliveries;
  gauges.kept_bytes = stats.kept_bytes;
  gauges.dead_kept = stats.dead;
  for (const journal::Holder& holder : stats.holders) {
    gauges.holders.push_back({.tenant = holder.tenant,
                              .destination = holder.name,
                              .bytes = holder.bytes,
                              .since_ns = base::ToUnixNanos(holder.since)});
  }
}

}  // namespace carillon::server
