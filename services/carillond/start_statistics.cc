#include "start_statistics.h"

#include <chrono>
#include <utility>

#include "carillon/resource/proto_time.h"

namespace carillon::server {

std::unique_ptr<statistics::StatisticsStore> StartStatistics(const resource::Config& config,
                                                             const base::Clock& clock,
                                                             log::Logger& logger) {
  const v1::StatisticsSettings& settings = config.statistics;
  if (!settings.enabled()) return nullptr;
  statistics::Options options;
  options.path = config.journal.data_dir() + "/statistics.db";
  options.minute_age = std::chrono::duration_cast<std::chrono::minutes>(
      resource::ToChrono(settings.minute_retention_age()));
  options.hour_age = std::chrono::duration_cast<std::chrono::minutes>(
      resource::ToChrono(settings.hour_retention_age()));
  options.max_bytes = settings.retention_bytes();
  options.min_free_bytes = 2 * config.journal.min_free_bytes();  // events come first
  auto opened = statistics::StatisticsStore::Open(std::move(options), clock, logger);
  if (opened.ok()) return *std::move(opened);
  logger.Error("statistics cannot be opened: nothing is counted until the next start",
               {{"error", opened.status().message()}});
  return nullptr;
}

void Describe(const statistics::StatisticsStore& store, metrics::ProcessGauges& gauges) {
  const statistics::Figures figures = store.figures();
  gauges.statistics_entries = {figures.counted, figures.dropped_queue, figures.dropped_disk};
  gauges.statistics_without_subject = figures.no_subject;
  gauges.statistics_subjects = figures.subjects;
  gauges.statistics_bytes = figures.bytes;
  gauges.statistics_damaged = figures.damaged;
  gauges.statistics_failing = figures.failing ? 1 : 0;
}

}  // namespace carillon::server
