#pragma once

#include "carillon/config/surroundings.h"
#include "carillon/config/tracing.h"
#include "carillon/v1/config.pb.h"
#include "path.h"

namespace carillon::config {

/// Reads the settings, and for what they leave out the OTEL_ variables of `from` (those of the
/// OpenTelemetry specification that docs/tracing.md names). Errors at what a variable says name it;
/// none repeats a header's value.
Tracing ReadTracing(v1::TracingSettings given, const Surroundings& from, const Path& path,
                    Errors& errors);

}  // namespace carillon::config
