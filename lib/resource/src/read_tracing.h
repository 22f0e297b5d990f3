#pragma once

#include "carillon/resource/path.h"
#include "carillon/resource/surroundings.h"
#include "carillon/resource/tracing.h"
#include "carillon/v1/config.pb.h"

namespace carillon::resource {

/// Reads the settings, and for what they leave out the OTEL_ variables of `from` (those of the
/// OpenTelemetry specification that docs/tracing.md names). Errors at what a variable says name it;
/// none repeats a header's value.
Tracing ReadTracing(v1::TracingSettings given, const Surroundings& from, const Path& path,
                    Errors& errors);

}  // namespace carillon::resource
