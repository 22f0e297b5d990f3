#pragma once

#include <span>
#include <string>

#include "carillon/tracing/span.h"
#include "carillon/tracing/tracer.h"

namespace carillon::tracing {

/// An ExportTraceServiceRequest with these spans.
std::string EncodeSpans(std::span<const Span> spans, const TracerOptions& options);

}  // namespace carillon::tracing
