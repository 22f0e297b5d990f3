// The spans of attempts: one for each, below the publisher's, whatever becomes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "attempt_span.h"
#include "dispatcher_support.h"

namespace carillon::delivery {
namespace {

using testing::Contains;
using testing::Pair;

class FakeTracer final : public tracing::Tracer {
 public:
  double sample_ratio() const override { return 1; }
  void Record(tracing::Span span) override { spans.push_back(std::move(span)); }
  Stats stats() const override { return {}; }
  std::vector<tracing::Span> spans;
};

class TracingTest : public DispatcherTest {
 protected:
  TracingTest() {
    trace_.trace_id.fill(0xA1);
    trace_.span_id.fill(0xB2);
    trace_.flags = model::TraceContext::kSampled;
    trace_.state = "foo=1";
    options_.tracer = &tracer_;
    Create();
  }
  void PublishTraced(const std::string& id) {
    journal_->accepted_at = clock_.Wall();
    journal_->Append({model::Event::Create(
                         {.id = id, .type = "a", .tenant = "t", .payload = "1", .trace = &trace_})},
                     {});
  }
  FakeTracer tracer_;
  model::TraceContext trace_;
};

tracing::Span::Value Text(const char* text) { return std::string(text); }

TEST_F(TracingTest, EveryAttemptIsASpanOfItsOwn) {
  model::Destination destination = Named("a");
  destination.retry.delays = {std::chrono::seconds(1), std::chrono::seconds(1)};
  destination.breaker.reset();
  ASSERT_TRUE(SetTable({destination}).ok());
  end_.status = 503;
  std::vector<std::string> heads;
  courier_.on_end = [&](const SimCourier::Flight& flight, const http::Response&) {
    heads.push_back(flight.head);
  };
  PublishTraced("e1");
  RunFor(std::chrono::seconds(30));
  ASSERT_EQ(tracer_.spans.size(), 3u);
  ASSERT_EQ(heads.size(), 3u);
  std::set<model::SpanId> ids;
  for (size_t i = 0; i < tracer_.spans.size(); ++i) {
    const tracing::Span& span = tracer_.spans[i];
    EXPECT_EQ(span.name, "deliver");
    EXPECT_EQ(span.kind, tracing::Span::Kind::kClient);
    EXPECT_EQ(span.trace_id, trace_.trace_id);
    EXPECT_EQ(span.parent, trace_.span_id);
    EXPECT_EQ(span.state, "foo=1");
    EXPECT_TRUE(ids.insert(span.id).second);
    std::string line = "\r\ntraceparent: ";
    model::AppendTraceparent(trace_, span.id, line);
    EXPECT_THAT(heads[i], testing::HasSubstr(line + "\r\ntracestate: foo=1\r\n"));
    EXPECT_TRUE(span.failed);
    EXPECT_LE(span.start, span.end);
    EXPECT_THAT(span.attributes, Contains(Pair("carillon.outcome", Text("http_5xx"))));
    EXPECT_THAT(span.attributes, Contains(Pair("carillon.destination", Text("a"))));
    EXPECT_THAT(span.attributes, Contains(Pair("messaging.message.id", Text("e1"))));
    EXPECT_THAT(span.attributes, Contains(Pair("server.address", Text("a"))));
    EXPECT_THAT(span.attributes, Contains(Pair("carillon.attempt",
                                               tracing::Span::Value(static_cast<int64_t>(i + 1)))));
    EXPECT_THAT(span.attributes,
                Contains(Pair("http.response.status_code", tracing::Span::Value(int64_t{503}))));
  }
}

TEST_F(TracingTest, NobodysTraceAndOneThatIsNotSampledHaveNone) {
  ASSERT_TRUE(SetTable({Named("a")}).ok());
  Publish("e1");
  trace_.flags = 0;
  PublishTraced("e2");
  RunFor(std::chrono::seconds(5));
  EXPECT_EQ(ended_.size(), 2u);
  EXPECT_TRUE(tracer_.spans.empty());
  trace_.flags = model::TraceContext::kSampled;
  PublishTraced("e3");
  RunFor(std::chrono::seconds(5));
  ASSERT_EQ(tracer_.spans.size(), 1u);
  EXPECT_FALSE(tracer_.spans[0].failed);
}

TEST_F(TracingTest, WhatADeathTellsOfBelongsToItsTrace) {
  model::Destination destination = Named("a");
  destination.retry.delays = {};
  tell_ = "news";
  ASSERT_TRUE(SetTable({destination, Named("news")}).ok());
  end_.status = 400;
  throttled_ = "a";
  PublishTraced("e1");
  RunFor(std::chrono::seconds(5));
  ASSERT_EQ(store_.events.size(), 2u);
  EXPECT_EQ(store_.events[1]->type(), model::kDeliveryDead);
  EXPECT_EQ(store_.events[1]->trace(), trace_);
}

TEST(AttemptSpan, ABatchIsOfATraceThatIsRecordedWhereThereIsOne) {
  HeldEvents held;
  Attempt attempt;
  attempt.span = 5;
  const auto add = [&](uint8_t id, std::optional<uint8_t> flags) {
    model::TraceContext trace;
    trace.trace_id.fill(id);
    trace.span_id.fill(id);
    trace.flags = flags.value_or(0);
    const auto event = model::Event::Create(
        {.id = "e", .type = "a", .tenant = "t", .payload = "1", .trace = flags ? &trace : nullptr});
    Delivery delivery{.event = held.Hold(event)};
    if (id == 1) {
      attempt.deliveries.first = std::move(delivery);
    } else {
      attempt.deliveries.rest.push_back(std::move(delivery));
    }
  };
  add(1, std::nullopt);
  EXPECT_EQ(attempt.deliveries.Traced(), nullptr);
  add(1, 0);
  add(2, std::nullopt);
  add(3, 2);
  EXPECT_EQ(attempt.deliveries.Traced()->trace()->trace_id[0], 1)
      << "the first where none is recorded";
  add(4, 1);
  add(5, 1);
  const model::TraceContext trace = *attempt.deliveries.Traced()->trace();
  EXPECT_EQ(trace.trace_id[0], 4);
  const tracing::Span span = AttemptSpan({}, attempt, trace, model::Outcome::kSuccess, {}, {});
  std::vector<int> linked;
  for (const auto& link : span.links) linked.push_back(link.trace_id[0]);
  EXPECT_EQ(linked, (std::vector<int>{1, 3, 5}));
}

TEST(AttemptSpan, ABatchHasLinksToItsOtherTraces) {
  HeldEvents held;
  Attempt attempt;
  attempt.span = 5;
  model::TraceContext first;
  for (int i = 0; i < 200; ++i) {
    model::TraceContext trace;
    trace.trace_id.fill(static_cast<uint8_t>(i + 1));
    trace.span_id.fill(1);
    if (i == 0) first = trace;
    const auto event = model::Event::Create({.id = "e" + std::to_string(i),
                                             .type = "a",
                                             .tenant = "t",
                                             .payload = "1",
                                             .trace = i % 50 == 7 ? nullptr : &trace});
    Delivery delivery{.event = held.Hold(event)};
    if (i == 0) {
      attempt.deliveries.first = std::move(delivery);
    } else {
      attempt.deliveries.rest.push_back(std::move(delivery));
    }
  }
  model::Destination destination;
  destination.url = "https://user.example/path-with-a-token?key=s3cret";
  const tracing::Span span =
      AttemptSpan(destination, attempt, first, model::Outcome::kSuccess, {}, {});
  EXPECT_EQ(span.links.size(), tracing::Span::kMaxLinks);
  EXPECT_EQ(span.dropped_links, 200u - 1 - 4 - tracing::Span::kMaxLinks);
  EXPECT_THAT(span.attributes,
              Contains(Pair("messaging.batch.message_count", tracing::Span::Value(int64_t{200}))));
  for (const auto& [name, value] : span.attributes) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      EXPECT_EQ(text->find("token"), std::string::npos) << name;
    }
  }
}

}  // namespace
}  // namespace carillon::delivery
