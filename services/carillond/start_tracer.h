#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/config/config_file.h"
#include "carillon/log/log.h"
#include "carillon/tracing/tracer.h"

namespace carillon::server {

/// Spans on their way to the configured collector. Owned by the daemon.
class SpanExport {
 public:
  /// Returns null where no collector is configured: then nothing is made, and nothing costs. Clock
  /// and logger outlive it.
  static absl::StatusOr<std::unique_ptr<SpanExport>> Start(const resource::Tracing& settings,
                                                           const base::Clock& clock,
                                                           log::Logger& logger);

  /// Thread-safe, and lives as long as this.
  tracing::Tracer& tracer() { return *tracer_; }

  /// From now on the collector is trusted and shown what `settings` say, where they are of the
  /// same collector; requests under way end as they began. One thread at a time.
  absl::Status Renew(const resource::Tracing& settings);
  /// Those in force. On the thread of `Renew`.
  const model::TlsSettings& tls() const { return settings_.tls; }

 private:
  SpanExport(const resource::Tracing& settings, const base::Clock& clock)
      : settings_(settings), clock_(clock) {}

  resource::Tracing settings_;  ///< in force
  const base::Clock& clock_;
  tracing::ReplaceableTransport* transport_ = nullptr;  ///< the tracer's
  std::unique_ptr<tracing::Tracer> tracer_;
};

}  // namespace carillon::server
