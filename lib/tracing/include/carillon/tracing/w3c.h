#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "carillon/model/trace_context.h"

// W3C Trace Context (Recommendation of 2021, with the flag `random` of its level 2). Pure; any
// bytes may be given.
namespace carillon::tracing {

/// Reads the value of `traceparent`, white space around it left aside. Versions after 00 are read
/// as far as 00 goes. Returns nullopt when it is wrong.
std::optional<model::TraceContext> ParseTraceparent(std::string_view value);

/// Returns the value of `tracestate` (of several headers: joined by commas) without white space and
/// empty members. When it has more than TraceContext::kMaxStateBytes, members of more than 128
/// bytes are left out, the last ones first, and then the last ones, until it fits. Returns nullopt
/// when it is wrong.
std::optional<std::string> ParseTracestate(std::string_view value);

/// What the two headers together give.
struct Received {
  std::optional<model::TraceContext> context;
  bool bad_traceparent = false;  ///< it was ignored, and `tracestate` with it
  bool bad_tracestate = false;   ///< it alone was ignored
};

/// Empty values did not come. `tracestate` alone means nothing.
Received ReadTrace(std::string_view traceparent, std::string_view tracestate);

}  // namespace carillon::tracing
