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

void Describe(const journal::Journal& journal, metrics::ProcessGauges& gauges) {
  const store::EventLog::LogStats log = journal.log_stats();
  gauges.journal_last_position = log.last_position;
  gauges.journal_waiting_bytes = log.waiting_bytes;
  gauges.deduplication_ids = log.deduplication_ids;
  gauges.accepting = log.accepting;
  const store::ShardStore::ShardStats shards = journal.shard_stats();
  gauges.journal_watermark = shards.watermark;
  gauges.journal_floor = shards.floor;
  gauges.kept_deliveries = shards.kept_deliveries;
  gauges.kept_bytes = shards.kept_bytes;
  gauges.dead_kept = shards.dead;
  const journal::Journal::DiskStats disk = journal.disk_stats();
  gauges.journal_stored_bytes = disk.stored_bytes;
  gauges.free_disk_bytes = disk.free_bytes;
  gauges.min_free_disk_bytes = disk.min_free_bytes;
  for (const store::Holder& holder : shards.holders) {
    gauges.holders.push_back({.tenant = holder.tenant,
                              .destination = holder.name,
                              .bytes = holder.bytes,
                              .since_ns = base::ToUnixNanos(holder.since)});
  }
}

}  // namespace carillon::server
