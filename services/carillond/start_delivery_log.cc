#include "start_delivery_log.h"

#include <chrono>
#include <utility>

#include "carillon/resource/proto_time.h"

namespace carillon::server {

std::unique_ptr<deliverylog::AttemptStore> StartDeliveryLog(const resource::Config& config,
                                                            const base::Clock& clock,
                                                            log::Logger& logger) {
  const v1::DeliveryLogSettings& settings = config.delivery_log;
  if (!settings.enabled()) return nullptr;
  deliverylog::Options options;
  options.folder = config.journal.data_dir() + "/delivery_log";
  options.max_bytes = settings.retention_bytes();
  options.max_age = std::chrono::duration_cast<std::chrono::seconds>(
      resource::ToChrono(settings.retention_age()));
  options.min_free_bytes = 2 * config.journal.min_free_bytes();  // events come first
  auto opened = deliverylog::AttemptStore::Open(std::move(options), clock, logger);
  if (opened.ok()) return *std::move(opened);
  logger.Error("the delivery log cannot be opened: attempts are not logged until the next start",
               {{"error", opened.status().message()}});
  return nullptr;
}

void Describe(const deliverylog::AttemptStore& log, metrics::ProcessGauges& gauges) {
  const deliverylog::LogFigures figures = log.figures();
  gauges.delivery_log_attempts = {figures.written, figures.dropped_queue, figures.dropped_disk};
  gauges.delivery_log_bytes = figures.bytes;
  gauges.delivery_log_rows = figures.rows;
  gauges.delivery_log_freed_bytes = figures.freed_bytes;
  gauges.delivery_log_damaged = figures.damaged;
  gauges.delivery_log_failing = figures.failing ? 1 : 0;
}

}  // namespace carillon::server
