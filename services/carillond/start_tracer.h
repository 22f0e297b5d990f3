#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/config/config.h"
#include "carillon/log/log.h"
#include "carillon/tracing/tracer.h"

namespace carillon::server {

/// Returns the tracer that exports to the configured collector, or null where none is configured:
/// then nothing is made, and nothing costs. Clock and logger outlive it.
absl::StatusOr<std::unique_ptr<tracing::Tracer>> StartTracer(const config::Tracing& settings,
                                                             const base::Clock& clock,
                                                             log::Logger& logger);

}  // namespace carillon::server
