#include "request_maker.h"

#include <gmock/gmock.h>

#include <string>

#include "carillon/base/text.h"

namespace carillon::delivery {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class RequestMakerTest : public testing::Test {
 protected:
  http::Request Make(base::WallTime now = base::FromUnixNanos(1'700'000'000'900'000'000)) {
    return RequestMaker(destination_, url_, "Carillon/1.2")
        .Make(3, 42, {.first = {.event = event_}}, now);
  }

  model::Destination destination_;
  const net::Url url_ = *net::ParseUrl("http://Example.test:8080/in?a=1");
  HeldEvents held_;
  const HeldRef event_ = held_.Hold(model::Event::Create(
      {.id = "e7", .type = "session.create", .tenant = "t", .payload = "{\"a\":1}"}));
};

TEST_F(RequestMakerTest, WritesTheWholeHeadAndSigns) {
  destination_.format = model::Format::kPayload;
  const http::Request request = Make();
  EXPECT_EQ(request.head,
            "POST /in?a=1 HTTP/1.1\r\nHost: example.test:8080\r\nUser-Agent: Carillon/1.2\r\n"
            "Content-Type: application/json\r\nwebhook-id: e7\r\nwebhook-timestamp: 1700000000\r\n"
            "Content-Length: 7\r\n\r\n");
  EXPECT_EQ(*request.body, "{\"a\":1}");
  EXPECT_EQ(request.token, 42u);
  EXPECT_EQ(request.endpoint, 3u);

  destination_.keys = {{"k", base::Secret(std::string(32, 'k'))}};
  const std::string head = Make().head;
  const size_t at = head.find("\r\nwebhook-signature: ") + 21;
  const std::string signature = head.substr(at, head.find("\r\n", at) - at);
  EXPECT_TRUE(
      signing::Verify(destination_.keys[0].secret, "e7", "1700000000", "{\"a\":1}", signature));
}

TEST_F(RequestMakerTest, CarriesTheTraceOnFromTheSpanOfTheAttempt) {
  model::TraceContext trace;
  trace.trace_id.fill(0xA1);
  trace.span_id.fill(0xB2);
  trace.flags = 1;
  trace.state = "foo=1";
  const HeldRef traced = held_.Hold(model::Event::Create(
      {.id = "e8", .type = "a", .tenant = "t", .payload = "1", .trace = &trace}));
  RequestMaker maker(destination_, url_, "Carillon/1.2");
  const std::string id = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
  DeliveryBatch deliveries{.first = {.event = traced}};
  EXPECT_THAT(maker.Make(3, 42, deliveries, {}, 0xAB).head,
              HasSubstr("\r\ntraceparent: 00-" + id +
                        "-00000000000000ab-01\r\ntracestate: foo=1\r\nContent-Length: "));
  EXPECT_THAT(Make().head, Not(HasSubstr("trace")));

  // Of a batch the first that has one.
  destination_.format = model::Format::kArray;
  RequestMaker batches(destination_, url_, "Carillon/1.2");
  DeliveryBatch batch{.first = {.event = event_}, .rest = {{.event = event_}, {.event = traced}}};
  EXPECT_EQ(batch.Traced(), &*traced);
  EXPECT_THAT(batches.Make(3, 42, batch, {}, 1).head,
              HasSubstr("traceparent: 00-" + id + "-0000000000000001-01\r\n"));
}

TEST_F(RequestMakerTest, ABatchHasAnIdOfItsMembers) {
  const auto id = [this](std::string_view first, std::string_view second) {
    const auto hold = [this](std::string_view id) {
      return held_.Hold(
          model::Event::Create({.id = id, .type = "a", .tenant = "t", .payload = "1"}));
    };
    return RequestMaker::BatchId(
        {.first = {.event = hold(first)}, .rest = {{.event = hold(second)}}});
  };
  EXPECT_EQ(id("ab", "c"), "batch_629c2f14f654f026086f2aefe1855533");  // by another program
  EXPECT_NE(id("a", "bc"), id("ab", "c"));
  EXPECT_NE(id("c", "ab"), id("ab", "c"));
}

TEST_F(RequestMakerTest, SignsInAHeaderOfTheDestinationsChoice) {
  destination_.format = model::Format::kPayload;
  destination_.keys = {{"k", base::Secret("It's a Secret to Everybody")}};
  destination_.signature =
      model::HmacSignature{.header = "X-Signature", .prefix = "sha256=", .content = "{body}"};
  // HMAC-SHA256 of {"a":1} by another implementation.
  const std::string line =
      "\r\nX-Signature: "
      "sha256=3aea7d9882012d69ea49b8443b94e755179f85ee830bfa901efb5dc673af63a3\r\n";
  EXPECT_THAT(Make().head, AllOf(HasSubstr(line), HasSubstr("\r\nwebhook-signature: v1,")));
  destination_.signature = model::HmacSignature{.header = "X-Signature",
                                                .prefix = "sha256=",
                                                .content = "{body}",
                                                .webhook_signature = false};
  EXPECT_THAT(Make().head, AllOf(HasSubstr(line), Not(HasSubstr("webhook-signature"))));
}

TEST_F(RequestMakerTest, AKeyEndsAtItsTime) {
  destination_.keys = {{"new", base::Secret(std::string(32, 'n'))},
                       {"old", base::Secret(std::string(32, 'o')), model::KeyScheme::kV1,
                        base::FromUnixNanos(1'700'000'000'000'000'000)}};
  EXPECT_THAT(Make(base::FromUnixNanos(1'699'999'999'999'999'999)).head, HasSubstr("= v1,"));
  EXPECT_THAT(Make(base::FromUnixNanos(1'700'000'000'000'000'000)).head, Not(HasSubstr("= v1,")));
}

TEST_F(RequestMakerTest, AuthorizesWithWhatNeverChanges) {
  destination_.authorization = model::BearerAuthorization{base::Secret("abc")};
  EXPECT_THAT(Make().head, HasSubstr("\r\nAuthorization: Bearer abc\r\nwebhook-id: e7\r\n"));
  destination_.authorization = model::BasicAuthorization{"Aladdin", base::Secret("open sesame")};
  EXPECT_THAT(Make().head, HasSubstr("\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
  destination_.authorization = model::OAuth2Authorization{.client_secret = base::Secret("s")};
  EXPECT_THAT(Make().head, Not(HasSubstr("Authorization")));
}

TEST_F(RequestMakerTest, AddsTheHeadersOfTheDestination) {
  destination_.headers = {{"Authorization", base::Secret("Bearer t")}, {"X-Empty", {}}};
  EXPECT_THAT(Make().head, HasSubstr("\r\nContent-Type: application/json\r\n"
                                     "Authorization: Bearer t\r\nX-Empty: \r\nwebhook-id: e7\r\n"));
}

TEST_F(RequestMakerTest, CloudEventsSayWhatTheyAre) {
  destination_.format = model::Format::kCloudEvents;
  http::Request request = Make();
  EXPECT_THAT(request.head, HasSubstr("\r\nContent-Type: application/cloudevents+json\r\n"));
  EXPECT_THAT(request.head, HasSubstr("\r\nwebhook-id: e7\r\n"));
  EXPECT_THAT(*request.body, HasSubstr("\"source\":\"/carillon/t\""));
  EXPECT_EQ(Make().body, request.body);  // encoded once

  destination_.format = model::Format::kCloudEventsBatch;
  request = Make();
  EXPECT_THAT(request.head, HasSubstr("\r\nContent-Type: application/cloudevents-batch+json\r\n"));
  EXPECT_THAT(*request.body, testing::StartsWith("[{\"specversion\":\"1.0\""));
}

TEST_F(RequestMakerTest, CloudEventsOfTwoSourcesAreTwoBodies) {
  destination_.format = model::Format::kCloudEvents;
  destination_.cloudevents_source = "/one";
  const size_t before = held_.bytes();
  EXPECT_THAT(*Make().body, HasSubstr("\"source\":\"/one\""));
  destination_.cloudevents_source = "/two";
  EXPECT_THAT(*Make().body, HasSubstr("\"source\":\"/two\""));
  EXPECT_EQ(held_.bytes(), before);
}

TEST_F(RequestMakerTest, BinaryCloudEventsAreHeadersAndThePayload) {
  destination_.format = model::Format::kCloudEventsBinary;
  destination_.cloudevents_source = "/one";
  const http::Request request = Make();
  EXPECT_EQ(*request.body, "{\"a\":1}");
  const size_t begin = request.head.find("Content-Type");
  EXPECT_EQ(request.head.substr(begin),
            "Content-Type: application/json\r\nwebhook-id: e7\r\nwebhook-timestamp: 1700000000\r\n"
            "ce-specversion: 1.0\r\nce-id: e7\r\nce-source: /one\r\nce-type: " +
                std::string(event_->type()) + "\r\nce-time: " +
                base::FormatRfc3339(event_->occurred_at()) + "\r\nContent-Length: 7\r\n\r\n");
}

}  // namespace
}  // namespace carillon::delivery
