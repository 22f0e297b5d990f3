#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "publish_client.h"

namespace carillon::cli {

/// Where in a trace the published events stand, as flags say it.
struct TraceFlags {
  std::string traceparent;
  std::string tracestate;
};

/// Wrong values end the reading of the command line with an error that names the flag.
void AddTraceFlags(CLI::App& app, TraceFlags& flags);

/// Returns what each call carries: nothing when no flag was given. The flags passed their checks.
CallMetadata MetadataOf(const TraceFlags& flags);

}  // namespace carillon::cli
