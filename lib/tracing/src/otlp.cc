#include "otlp.h"

#include <algorithm>
#include <array>

#include "carillon/tracing/otlp_response.h"
#include "google/protobuf/arena.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"

namespace carillon::tracing {
namespace {

namespace otlp = opentelemetry::proto;

constexpr uint32_t kParentIsKnown = 0x100;
constexpr uint32_t kParentIsRemote = 0x200;

template <size_t n>
std::string Bytes(const std::array<uint8_t, n>& id) {
  return {reinterpret_cast<const char*>(id.data()), n};
}

void Encode(const Span::Attribute& from, otlp::common::v1::KeyValue& to) {
  to.set_key(std::string(from.first));
  otlp::common::v1::AnyValue& value = *to.mutable_value();
  if (const auto* text = std::get_if<std::string>(&from.second)) {
    value.set_string_value(*text);
  } else if (const auto* number = std::get_if<int64_t>(&from.second)) {
    value.set_int_value(*number);
  } else {
    value.set_bool_value(std::get<bool>(from.second));
  }
}

void Encode(const Span& from, otlp::trace::v1::Span& to) {
  to.set_trace_id(Bytes(from.trace_id));
  to.set_span_id(Bytes(from.id));
  to.set_trace_state(from.state);
  uint32_t flags = from.flags | kParentIsKnown;
  if (from.parent != model::SpanId{}) {
    to.set_parent_span_id(Bytes(from.parent));
    if (from.remote_parent) flags |= kParentIsRemote;
  }
  to.set_flags(flags);
  to.set_name(std::string(from.name));
  to.set_kind(static_cast<otlp::trace::v1::Span::SpanKind>(from.kind));
  to.set_start_time_unix_nano(static_cast<uint64_t>(base::ToUnixNanos(from.start)));
  to.set_end_time_unix_nano(
      static_cast<uint64_t>(base::ToUnixNanos(std::max(from.start, from.end))));
  for (const Span::Attribute& attribute : from.attributes) Encode(attribute, *to.add_attributes());
  for (const Span::Link& link : from.links) {
    otlp::trace::v1::Span::Link& added = *to.add_links();
    added.set_trace_id(Bytes(link.trace_id));
    added.set_span_id(Bytes(link.span_id));
  }
  to.set_dropped_links_count(from.dropped_links);
  if (!from.failed) return;
  to.mutable_status()->set_code(otlp::trace::v1::Status::STATUS_CODE_ERROR);
  to.mutable_status()->set_message(from.error);
}

}  // namespace

std::string EncodeSpans(std::span<const Span> spans, const TracerOptions& options) {
  google::protobuf::Arena arena;
  auto& request = *google::protobuf::Arena::CreateMessage<
      otlp::collector::trace::v1::ExportTraceServiceRequest>(&arena);
  otlp::trace::v1::ResourceSpans& resource = *request.add_resource_spans();
  for (const auto& [key, value] : options.resource) {
    Encode({key, value}, *resource.mutable_resource()->add_attributes());
  }
  otlp::trace::v1::ScopeSpans& scope = *resource.add_scope_spans();
  scope.mutable_scope()->set_name("carillon");
  scope.mutable_scope()->set_version(options.version);
  for (const Span& span : spans) Encode(span, *scope.add_spans());
  return request.SerializeAsString();
}

uint64_t RejectedSpans(std::string_view response) {
  otlp::collector::trace::v1::ExportTraceServiceResponse parsed;
  if (!parsed.ParseFromArray(response.data(), static_cast<int>(response.size()))) return 0;
  return static_cast<uint64_t>(std::max<int64_t>(parsed.partial_success().rejected_spans(), 0));
}

}  // namespace carillon::tracing
