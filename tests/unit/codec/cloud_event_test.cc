#include "carillon/codec/cloud_event.h"

#include <gmock/gmock.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "carillon/codec/body.h"

namespace carillon::codec {
namespace {

using model::Format;
using nlohmann::ordered_json;

std::shared_ptr<model::Event> MakeCloudEvent(std::vector<model::Event::Attribute> attributes = {},
                                             std::string_view payload = R"({"total":12})",
                                             std::string_view ordering_key = "") {
  return model::Event::Create(
      {.id = "order-1",
       .type = "order.paid",
       .tenant = "acme.eu",
       .ordering_key = ordering_key,
       .occurred_at = base::WallTime(std::chrono::milliseconds(1'714'564'800'120)),
       .attributes = std::move(attributes),
       .payload = payload});
}

std::string EncodeFrom(Format format, std::vector<const model::Event*> events,
                       std::string_view source = {}) {
  return EncodeBody(format, events, source);
}

std::string Headers(const model::Event& event, std::string_view source = {}) {
  std::string out;
  AppendCloudEventHeaders(event, source, out);
  return out;
}

TEST(CloudEvents, StructuredIsOneObject) {
  const auto event = MakeCloudEvent({{"region", "eu \"west\""}}, R"({"total":12})", "customer-7");
  EXPECT_EQ(EncodeFrom(Format::kCloudEvents, {event.get()}),
            R"({"specversion":"1.0","id":"order-1","source":"/carillon/acme.eu",)"
            R"("type":"order.paid","time":"2024-05-01T12:00:00.120Z",)"
            R"("datacontenttype":"application/json","partitionkey":"customer-7",)"
            R"("region":"eu \"west\"","data":{"total":12}})");
}

TEST(CloudEvents, TakesTheSourceOfTheDestination) {
  const auto event = MakeCloudEvent();
  const auto tree = ordered_json::parse(
      EncodeFrom(Format::kCloudEvents, {event.get()}, "https://shop.example/a"));
  EXPECT_EQ(tree.at("source"), "https://shop.example/a");
  EXPECT_FALSE(tree.contains("partitionkey"));
}

TEST(CloudEvents, ABatchOfOneIsStillAnArray) {
  const auto a = MakeCloudEvent({}, "null");
  const auto b = MakeCloudEvent({}, "[1,2]");
  const std::string one = EncodeFrom(Format::kCloudEvents, {a.get()});
  const std::string two = EncodeFrom(Format::kCloudEvents, {b.get()});
  EXPECT_EQ(EncodeFrom(Format::kCloudEventsBatch, {a.get()}), "[" + one + "]");
  EXPECT_EQ(EncodeFrom(Format::kCloudEventsBatch, {b.get(), a.get()}), "[" + two + "," + one + "]");
  EXPECT_TRUE(ordered_json::parse(one).at("data").is_null());
  EXPECT_EQ(
      ordered_json::parse(EncodeFrom(Format::kCloudEventsBatch, {a.get()}, "/s"))[0].at("source"),
      "/s");
}

TEST(CloudEvents, BinaryIsThePayloadWithHeaders) {
  const auto event = MakeCloudEvent({{"region", "Euro € 😀"}}, R"({"total":12})", "100% \"a\"~");
  EXPECT_EQ(EncodeFrom(Format::kCloudEventsBinary, {event.get()}), R"({"total":12})");
  // The second value is the example of the HTTP binding, section 3.1.3.2.
  EXPECT_EQ(Headers(*event),
            "ce-specversion: 1.0\r\n"
            "ce-id: order-1\r\n"
            "ce-source: /carillon/acme.eu\r\n"
            "ce-type: order.paid\r\n"
            "ce-time: 2024-05-01T12:00:00.120Z\r\n"
            "ce-partitionkey: 100%25%20%22a%22~\r\n"
            "ce-region: Euro%20%E2%82%AC%20%F0%9F%98%80\r\n");
  EXPECT_THAT(Headers(*event, "urn:shop:a%20b"), testing::HasSubstr("ce-source: urn:shop:a%2520b"));
}

TEST(CloudEvents, CarryTheTraceInItsExtension) {
  model::TraceContext trace;
  trace.trace_id.fill(0xA1);
  trace.span_id.fill(0xB2);
  trace.flags = model::TraceContext::kSampled;
  const std::string parent = "00-" + std::string(16 * 2, '?') + "-b2b2b2b2b2b2b2b2-01";
  std::string expected = parent;
  for (size_t i = 3; i < 35; i += 2) expected.replace(i, 2, "a1");
  const std::vector<model::Event::Attribute> attributes = {
      {"region", "eu"}, {"traceparent", "my own"}, {"tracestate", "mine"}};
  const auto make = [&](const model::TraceContext* of) {
    return model::Event::Create({.id = "1",
                                 .type = "a",
                                 .tenant = "t",
                                 .attributes = attributes,
                                 .payload = "1",
                                 .trace = of});
  };
  const auto bare = make(&trace);
  ordered_json tree = ordered_json::parse(Encode(Format::kCloudEvents, {bare.get()}));
  EXPECT_EQ(tree.at("traceparent"), expected);
  EXPECT_FALSE(tree.contains("tracestate"));  // nobody's but the trace's, and that has none
  EXPECT_EQ(tree.at("region"), "eu");
  EXPECT_THAT(Headers(*bare), testing::HasSubstr("ce-traceparent: " + expected + "\r\n"));
  EXPECT_THAT(Headers(*bare), testing::Not(testing::HasSubstr("my%20own")));

  trace.state = "foo=1,bar=a b";
  const auto whole = make(&trace);
  tree = ordered_json::parse(Encode(Format::kCloudEventsBatch, {whole.get(), bare.get()}))[0];
  EXPECT_EQ(tree.at("tracestate"), "foo=1,bar=a b");
  EXPECT_THAT(Headers(*whole), testing::HasSubstr("ce-tracestate: foo=1,bar=a%20b\r\n"));

  const auto untraced = make(nullptr);  // as ever
  tree = ordered_json::parse(Encode(Format::kCloudEvents, {untraced.get()}));
  EXPECT_EQ(tree.at("traceparent"), "my own");
}

TEST(CloudEvents, AttributesGoAlongWhereNamesAndValuesAllow) {
  const std::string longest(20, 'x');
  const std::string too_long(21, 'x');
  const std::vector<model::Event::Attribute> taken = {{"0", "digit"},
                                                      {"datax", "a"},
                                                      {"subject", "order 1"},
                                                      {"z9", "\u00a0\ud7ff"},
                                                      {longest, "v"}};
  std::vector<model::Event::Attribute> all = {{"A", "v"},
                                              {"a_b", "v"},
                                              {"a-b", "v"},
                                              {"a.b", "v"},
                                              {too_long, "v"},
                                              {"data", "v"},
                                              {"id", "v"},
                                              {"source", "v"},
                                              {"time", "v"},
                                              {"type", "v"},
                                              {"specversion", "v"},
                                              {"dataschema", "v"},
                                              {"datacontenttype", "v"},
                                              {"partitionkey", "v"},
                                              {"empty", ""},
                                              {"c0", "a\nb"},
                                              {"del", "\x7f"},
                                              {"c1", "a\xc2\x85"},
                                              {"nonchar", "\xef\xbf\xbf"},
                                              {"nonchar2", "\xef\xb7\x90"},
                                              {"nonchar3", "\xf0\x9f\xbf\xbe"}};
  all.insert(all.end(), taken.begin(), taken.end());
  const auto event = MakeCloudEvent(all, "1", "with\ttab");
  auto tree = ordered_json::parse(EncodeFrom(Format::kCloudEvents, {event.get()}));
  std::string lines;
  for (const char* name : {"specversion", "id", "source", "type", "time"}) {
    lines += std::string("ce-") + name + ": " + tree.at(name).get<std::string>() + "\r\n";
    tree.erase(name);
  }
  tree.erase("datacontenttype");
  tree.erase("data");
  ordered_json expected;
  for (const auto& [name, value] : taken) expected[std::string(name)] = std::string(value);
  EXPECT_EQ(tree, expected);
  EXPECT_EQ(Headers(*event), lines +
                                 "ce-0: digit\r\nce-datax: a\r\nce-subject: order%201\r\n"
                                 "ce-z9: %C2%A0%ED%9F%BF\r\nce-" +
                                 longest + ": v\r\n");
}

TEST(CloudEvents, HeadersAreBounded) {
  const std::string wide(1024, '%');  // three bytes each
  const auto event = MakeCloudEvent({{"a", wide}, {"b", wide}, {"c", "small"}});
  const std::string head = Headers(*event);
  EXPECT_THAT(head, testing::HasSubstr("ce-a: %25%25"));
  EXPECT_THAT(head, testing::Not(testing::HasSubstr("ce-b:")));
  EXPECT_THAT(head, testing::EndsWith("\r\nce-c: small\r\n"));
}

}  // namespace
}  // namespace carillon::codec
