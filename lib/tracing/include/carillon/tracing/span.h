#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/model/trace_context.h"

namespace carillon::tracing {

/// A finished operation of a trace. A value.
struct Span {
  /// The numbers are those of OTLP.
  enum class Kind : uint8_t { kInternal = 1, kServer = 2, kClient = 3 };
  using Value = std::variant<std::string, int64_t, bool>;
  using Attribute = std::pair<std::string_view, Value>;

  /// Links beyond these are counted only.
  static constexpr size_t kMaxLinks = 128;

  struct Link {
    model::TraceId trace_id{};
    model::SpanId span_id{};
  };

  model::TraceId trace_id{};
  model::SpanId id{};
  model::SpanId parent{};  ///< all zero where it is the first of its trace
  bool remote_parent = false;
  uint8_t flags = 0;
  std::string state;
  std::string_view name;  ///< of static storage, as are the names of attributes
  Kind kind = Kind::kInternal;
  base::WallTime start{};
  base::WallTime end{};
  std::vector<Attribute> attributes;
  std::vector<Link> links;
  uint32_t dropped_links = 0;
  bool failed = false;
  std::string error;  ///< why, in words; may be empty
};

/// A span of `context`'s trace below `context`'s span.
inline Span ChildOf(const model::TraceContext& context, const model::SpanId& id) {
  Span span;
  span.trace_id = context.trace_id;
  span.id = id;
  span.parent = context.span_id;
  span.remote_parent = true;
  span.flags = context.flags;
  span.state = context.state;
  return span;
}

}  // namespace carillon::tracing
