#include "start_tracer.h"

#include <utility>

#include "otlp_grpc.h"

namespace carillon::server {
namespace {

using Transport = absl::StatusOr<std::unique_ptr<tracing::SpanTransport>>;

Transport MakeTransport(const resource::Tracing& settings, const base::Clock& clock) {
  const tracing::Collector collector{.url = settings.url,
                                     .headers = settings.headers,
                                     .tls = settings.tls,
                                     .user_agent = "Carillon/" CARILLON_VERSION,
                                     .timeout = settings.timeout};
  if (settings.by_http) return tracing::MakeHttpTransport(collector, clock);
  return MakeGrpcTransport(collector);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SpanExport>> SpanExport::Start(const resource::Tracing& settings,
                                                              const base::Clock& clock,
                                                              log::Logger& logger) {
  if (settings.endpoint.empty()) return nullptr;
  Transport first = MakeTransport(settings, clock);
  if (!first.ok()) return first.status();
  auto transport = tracing::ReplaceableTransport::Create(*std::move(first));
  tracing::TracerOptions options;
  options.sample_ratio = settings.sample_ratio;
  options.max_queue = settings.max_queue;
  options.interval = settings.interval;
  options.timeout = settings.timeout;
  options.resource = settings.resource;
  options.version = CARILLON_VERSION;
  std::unique_ptr<SpanExport> started(new SpanExport(settings, clock));
  started->transport_ = transport.get();
  started->tracer_ = tracing::Tracer::Start(std::move(options), std::move(transport), logger);
  return started;
}

absl::Status SpanExport::Renew(const resource::Tracing& settings) {
  if (settings.endpoint != settings_.endpoint || settings.by_http != settings_.by_http) {
    return absl::OkStatus();
  }
  if (settings.headers == settings_.headers && settings.tls == settings_.tls) {
    return absl::OkStatus();
  }
  resource::Tracing wanted = settings_;
  wanted.headers = settings.headers;
  wanted.tls = settings.tls;
  Transport next = MakeTransport(wanted, clock_);
  if (!next.ok()) return next.status();
  transport_->Replace(*std::move(next));
  settings_ = std::move(wanted);
  return absl::OkStatus();
}

}  // namespace carillon::server
