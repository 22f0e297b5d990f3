#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace carillon::model {

using TraceId = std::array<uint8_t, 16>;
using SpanId = std::array<uint8_t, 8>;

/// Where in a distributed trace something stands (W3C Trace Context): what came in the headers
/// `traceparent` and `tracestate`, validated (see `tracing/w3c.h`). A value.
struct TraceContext {
  static constexpr uint8_t kSampled = 0x01;
  static constexpr uint8_t kRandom = 0x02;  ///< the last seven bytes of the trace id are random
  /// The flags that have a meaning; others are not passed on.
  static constexpr uint8_t kKnownFlags = kSampled | kRandom;
  static constexpr size_t kMaxStateBytes = 512;

  TraceId trace_id{};  ///< never all zero
  SpanId span_id{};    ///< of the parent of what follows; never all zero
  uint8_t flags = 0;
  std::string state;  ///< `tracestate`, at most kMaxStateBytes; empty when there is none

  /// Whoever began the trace wants its spans recorded.
  bool sampled() const { return (flags & kSampled) != 0; }
  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

/// A span id of these bits; never all zero.
SpanId ToSpanId(uint64_t bits);

/// 32 digits, lower case.
std::string TraceIdText(const TraceId& id);

/// Appends the value of `traceparent` for what comes from the span `sender` of the trace:
/// `00-TRACE_ID-SPAN_ID-FLAGS`.
void AppendTraceparent(const TraceContext& context, const SpanId& sender, std::string& out);

}  // namespace carillon::model
