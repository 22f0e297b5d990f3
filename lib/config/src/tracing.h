#pragma once

#include "carillon/config/tracing.h"
#include "carillon/v1/config.pb.h"
#include "path.h"

namespace carillon::config {

/// Reads the settings, and for what they leave out the process's OTEL_ variables (those of the
/// OpenTelemetry specification that docs/tracing.md names). Errors repeat no header's value.
Tracing ReadTracing(v1::TracingSettings given, const Path& path, Errors& errors);

}  // namespace carillon::config
