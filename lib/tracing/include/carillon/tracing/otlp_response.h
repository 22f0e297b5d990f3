#pragma once

#include <cstdint>
#include <string_view>

namespace carillon::tracing {

/// Spans that an ExportTraceServiceResponse says were not taken; 0 for bytes that are none.
uint64_t RejectedSpans(std::string_view response);

}  // namespace carillon::tracing
