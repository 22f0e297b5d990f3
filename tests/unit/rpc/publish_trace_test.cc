// The spans of one message: which there are, and which is below which.
#include "publish_trace.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace carillon::rpc {
namespace {

using std::chrono::milliseconds;
using tracing::Span;

class FakeTracer final : public tracing::Tracer {
 public:
  double sample_ratio() const override { return ratio; }
  void Record(Span span) override { spans.push_back(std::move(span)); }
  Stats stats() const override { return {}; }
  double ratio = 1;
  std::vector<Span> spans;
};

model::TraceContext Trace(uint8_t id, uint8_t flags = model::TraceContext::kSampled) {
  model::TraceContext trace;
  trace.trace_id.fill(id);
  trace.span_id.fill(id);
  trace.flags = flags;
  return trace;
}

class PublishTraceTest : public testing::Test {
 protected:
  PublishTrace Begin(const std::optional<model::TraceContext>& call = std::nullopt) {
    return PublishTrace(tracer_, call, clock_, random_);
  }
  void Run(PublishTrace& trace, const std::vector<const model::TraceContext*>& of) {
    std::vector<std::shared_ptr<model::Event>> events;
    for (const model::TraceContext* one : of) {
      events.push_back(model::Event::Create(
          {.id = "e", .type = "a", .tenant = "t", .payload = "1", .trace = one}));
    }
    clock_.Advance(milliseconds(1));
    trace.OnDecoded(events);
    clock_.Advance(milliseconds(2));
    trace.OnCommitted();
    clock_.Advance(milliseconds(4));
    trace.End(absl::OkStatus());
  }
  std::vector<Span> Named(std::string_view name) const {
    std::vector<Span> found;
    for (const Span& span : tracer_.spans) {
      if (span.name == name) found.push_back(span);
    }
    return found;
  }
  static int64_t Events(const Span& span) {
    for (const auto& [name, value] : span.attributes) {
      if (name == "messaging.batch.message_count") return std::get<int64_t>(value);
    }
    return 0;
  }

  base::SimulatedClock clock_;
  base::SeededRandom random_{1};
  FakeTracer tracer_;
};

TEST_F(PublishTraceTest, EveryTraceOfAMessageHasItsPairOfSpans) {
  const model::TraceContext a = Trace(1);
  const model::TraceContext b = Trace(2);
  const model::TraceContext unsampled = Trace(3, 0);
  PublishTrace trace = Begin(a);
  EXPECT_EQ(*trace.inherited(), a);
  Run(trace, {&a, &b, &a, &unsampled, nullptr, &b, &a});
  const std::vector<Span> publishes = Named("publish");
  const std::vector<Span> commits = Named("commit");
  ASSERT_EQ(publishes.size(), 2u);
  ASSERT_EQ(commits.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const model::TraceContext& context = i == 0 ? a : b;
    EXPECT_EQ(publishes[i].trace_id, context.trace_id);
    EXPECT_EQ(publishes[i].parent, context.span_id);
    EXPECT_NE(publishes[i].id, context.span_id);
    EXPECT_EQ(Events(publishes[i]), i == 0 ? 3 : 2);
    EXPECT_EQ(publishes[i].end - publishes[i].start, milliseconds(7));
    EXPECT_EQ(commits[i].trace_id, context.trace_id);
    EXPECT_EQ(commits[i].parent, publishes[i].id);
    EXPECT_FALSE(commits[i].remote_parent);
    EXPECT_EQ(commits[i].start - publishes[i].start, milliseconds(1));
    EXPECT_EQ(commits[i].end - commits[i].start, milliseconds(2));
  }
}

TEST_F(PublishTraceTest, OneThatBeginsHereHasNoParentAndIsItsEvents) {
  PublishTrace trace = Begin();
  ASSERT_NE(trace.inherited(), nullptr);
  const model::TraceContext begun = *trace.inherited();
  Run(trace, {&begun});
  ASSERT_EQ(Named("publish").size(), 1u);
  EXPECT_EQ(Named("publish")[0].parent, model::SpanId{});
  EXPECT_EQ(Named("publish")[0].id, begun.span_id);
  EXPECT_EQ(Named("commit")[0].parent, begun.span_id);
}

TEST_F(PublishTraceTest, TheRatioDecidesWhetherOneBeginsAndTheFlagOfOthers) {
  tracer_.ratio = 0;
  EXPECT_EQ(Begin().inherited(), nullptr);
  const model::TraceContext sampled = Trace(1);
  PublishTrace trace = Begin(sampled);
  Run(trace, {&sampled});
  EXPECT_EQ(tracer_.spans.size(), 2u);
  tracer_.ratio = 1;
  const model::TraceContext unsampled = Trace(1, 0);
  PublishTrace silent = Begin(unsampled);
  EXPECT_EQ(*silent.inherited(), unsampled) << "it goes on to the receivers all the same";
  Run(silent, {&unsampled});
  silent.End(absl::OkStatus());
  EXPECT_EQ(tracer_.spans.size(), 2u);
}

TEST_F(PublishTraceTest, WhatIsRefusedHasOneSpanThatSaysWhy) {
  PublishTrace trace = Begin(Trace(1));
  trace.End(absl::InvalidArgumentError("events[0].type: is missing"));
  ASSERT_EQ(tracer_.spans.size(), 1u);
  EXPECT_EQ(tracer_.spans[0].name, "publish");
  EXPECT_TRUE(tracer_.spans[0].failed);
  EXPECT_EQ(tracer_.spans[0].error, "events[0].type: is missing");
  EXPECT_EQ(Events(tracer_.spans[0]), 0);
}

}  // namespace
}  // namespace carillon::rpc
