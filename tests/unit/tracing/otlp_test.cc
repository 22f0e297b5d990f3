#include "otlp.h"

#include <gtest/gtest.h>

#include "carillon/tracing/otlp_response.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"

namespace carillon::tracing {
namespace {

namespace otlp = opentelemetry::proto;

TEST(Otlp, ASpanIsEncodedWhole) {
  model::TraceContext context;
  context.trace_id.fill(0xA1);
  context.span_id.fill(0xB2);
  context.flags = model::TraceContext::kSampled;
  context.state = "foo=1";
  Span span = ChildOf(context, model::ToSpanId(7));
  span.name = "deliver";
  span.kind = Span::Kind::kClient;
  span.start = base::FromUnixNanos(1000);
  span.end = base::FromUnixNanos(900);  // clocks may be set back
  span.attributes = {{"a", std::string("x")}, {"b", int64_t{-1}}, {"c", true}};
  span.links = {{context.trace_id, context.span_id}};
  span.dropped_links = 3;
  span.failed = true;
  span.error = "refused";
  TracerOptions options;
  options.resource = {{"service.name", "s"}};
  options.version = "1.2";
  otlp::collector::trace::v1::ExportTraceServiceRequest request;
  ASSERT_TRUE(request.ParseFromString(EncodeSpans({&span, 1}, options)));
  ASSERT_EQ(request.resource_spans_size(), 1);
  const auto& resource = request.resource_spans(0);
  EXPECT_EQ(resource.resource().attributes(0).key(), "service.name");
  EXPECT_EQ(resource.resource().attributes(0).value().string_value(), "s");
  EXPECT_EQ(resource.scope_spans(0).scope().version(), "1.2");
  const otlp::trace::v1::Span& seen = resource.scope_spans(0).spans(0);
  EXPECT_EQ(seen.trace_id(), std::string(16, '\xA1'));
  EXPECT_EQ(seen.span_id(), std::string("\0\0\0\0\0\0\0\x07", 8));
  EXPECT_EQ(seen.parent_span_id(), std::string(8, '\xB2'));
  EXPECT_EQ(seen.flags(), 0x301u);
  EXPECT_EQ(seen.trace_state(), "foo=1");
  EXPECT_EQ(seen.kind(), otlp::trace::v1::Span::SPAN_KIND_CLIENT);
  EXPECT_EQ(seen.start_time_unix_nano(), 1000u);
  EXPECT_EQ(seen.end_time_unix_nano(), 1000u);
  ASSERT_EQ(seen.attributes_size(), 3);
  EXPECT_EQ(seen.attributes(1).value().int_value(), -1);
  EXPECT_TRUE(seen.attributes(2).value().bool_value());
  EXPECT_EQ(seen.links(0).span_id(), std::string(8, '\xB2'));
  EXPECT_EQ(seen.dropped_links_count(), 3u);
  EXPECT_EQ(seen.status().code(), otlp::trace::v1::Status::STATUS_CODE_ERROR);
  EXPECT_EQ(seen.status().message(), "refused");
}

TEST(Otlp, TheFirstOfATraceHasNoParent) {
  Span span;
  span.trace_id.fill(1);
  otlp::collector::trace::v1::ExportTraceServiceRequest request;
  ASSERT_TRUE(request.ParseFromString(EncodeSpans({&span, 1}, {})));
  EXPECT_EQ(request.resource_spans(0).scope_spans(0).spans(0).parent_span_id(), "");
}

TEST(Otlp, TellsHowManyWereRejected) {
  otlp::collector::trace::v1::ExportTraceServiceResponse response;
  EXPECT_EQ(RejectedSpans(response.SerializeAsString()), 0u);
  response.mutable_partial_success()->set_rejected_spans(7);
  EXPECT_EQ(RejectedSpans(response.SerializeAsString()), 7u);
  response.mutable_partial_success()->set_rejected_spans(-7);
  EXPECT_EQ(RejectedSpans(response.SerializeAsString()), 0u);
  EXPECT_EQ(RejectedSpans("\xFF\xFF not a message"), 0u);
}

}  // namespace
}  // namespace carillon::tracing
