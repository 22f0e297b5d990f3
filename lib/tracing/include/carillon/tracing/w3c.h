#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "carillon/model/trace_context.h"

// W3C Trace Context (Recommendation of 2021, with the flag `random` of its level 2). Pure; any
// bytes may be given.
namespace carillon::tracing {

/// The value of `traceparent`, white space around it left aside. Versions after 00 are read as far
/// as 00 goes. Nothing: it is wrong.
std::optional<model::TraceContext> ParseTraceparent(std::string_view value);

/// The value of `tracestate` (of several headers: joined by commas), without white space and empty
/// members. Of more than TraceContext::kMaxStateBytes those members are left out that are longer
/// than 128 bytes, the last ones first, and then the last ones, until it fits. Nothing: it is
/// wrong.
std::optional<std::string> ParseTracestate(std::string_view value);

/// What the two headers together give.
struct Received {
  std::optional<model::TraceContext> context;
  bool bad_traceparent = false;  ///< it was ignored, and `tracestate` with it
  bool bad_tracestate = false;   ///< it alone was ignored
};

/// Empty values: they did not come. `tracestate` alone means nothing.
Received ReadTrace(std::string_view traceparent, std::string_view tracestate);

}  // namespace carillon::tracing
