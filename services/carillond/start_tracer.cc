#include "start_tracer.h"

#include <utility>

#include "otlp_grpc.h"

namespace carillon::server {

absl::StatusOr<std::unique_ptr<tracing::Tracer>> StartTracer(const config::Tracing& settings,
                                                             const base::Clock& clock,
                                                             log::Logger& logger) {
  if (settings.endpoint.empty()) return nullptr;
  const tracing::Collector collector{.url = settings.url,
                                     .headers = settings.headers,
                                     .user_agent = "Carillon/" CARILLON_VERSION,
                                     .timeout = settings.timeout};
  std::unique_ptr<tracing::SpanTransport> transport;
  if (settings.by_http) {
    auto made = tracing::MakeHttpTransport(collector, clock);
    if (!made.ok()) return made.status();
    transport = *std::move(made);
  } else {
    transport = MakeGrpcTransport(collector);
  }
  tracing::TracerOptions options;
  options.sample_ratio = settings.sample_ratio;
  options.max_queue = settings.max_queue;
  options.interval = settings.interval;
  options.timeout = settings.timeout;
  options.resource = settings.resource;
  options.version = CARILLON_VERSION;
  return tracing::Tracer::Start(std::move(options), std::move(transport), logger);
}

}  // namespace carillon::server
