#include "trace_flags.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "carillon/base/text.h"
#include "carillon/tracing/w3c.h"

namespace carillon::cli {
namespace {

/// Later versions of `traceparent` may end in anything; gRPC ends the process over what is no
/// printable ASCII.
std::string CheckTraceparent(const std::string& value) {
  const bool printable = std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7F; });
  if (printable && tracing::ParseTraceparent(value)) return "";
  return "must look like 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
}

std::string CheckTracestate(const std::string& value) {
  if (tracing::ParseTracestate(value)) return "";
  return "must be KEY=VALUE,KEY=VALUE, at most 32, as W3C Trace Context has it";
}

}  // namespace

void AddTraceFlags(CLI::App& app, TraceFlags& flags) {
  auto* parent = app.add_option("--traceparent", flags.traceparent,
                                "The trace that the events belong to, of W3C Trace Context; an "
                                "event's own goes before it")
                     ->check(CLI::Validator(CheckTraceparent, "00-TRACE-SPAN-FLAGS"));
  app.add_option("--tracestate", flags.tracestate, "What goes with --traceparent")
      ->check(CLI::Validator(CheckTracestate, "KEY=VALUE,.."))
      ->needs(parent);
}

CallMetadata MetadataOf(const TraceFlags& flags) {
  CallMetadata metadata;
  if (flags.traceparent.empty()) return metadata;
  metadata.emplace_back("traceparent", absl::StripAsciiWhitespace(flags.traceparent));
  const std::string state = tracing::ParseTracestate(flags.tracestate).value_or("");
  if (!state.empty()) metadata.emplace_back("tracestate", state);
  return metadata;
}

}  // namespace carillon::cli
