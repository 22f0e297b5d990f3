#include "carillon/codec/body.h"

#include <gmock/gmock.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace carillon::codec {
namespace {

using model::Format;
using nlohmann::ordered_json;

std::shared_ptr<model::Event> MakeEvent(std::string_view payload,
                                        std::chrono::nanoseconds since_epoch) {
  return model::Event::Create({.id = "id",
                               .type = "session.create",
                               .tenant = "default",
                               .occurred_at = base::WallTime(since_epoch),
                               .payload = payload});
}

std::string Encode(Format format, std::vector<const model::Event*> events) {
  return EncodeBody(format, events);
}

TEST(EncodeBody, StandardIsTheEnvelope) {
  const std::string payload = R"({"uuid":"\u00e9 \" x","n":1e400})";
  const auto event = MakeEvent(payload, std::chrono::milliseconds(1'714'564'800'120));
  const std::string body = Encode(Format::kStandard, {event.get()});
  EXPECT_EQ(body, R"({"type":"session.create","timestamp":"2024-05-01T12:00:00.120Z","data":)" +
                      payload + "}");
}

TEST(EncodeBody, StandardIsWhatNlohmannWouldDump) {
  const ordered_json data = {{"b", "é😀\n"}, {"a", 1}};
  const auto event = MakeEvent(data.dump(), std::chrono::seconds(1'714'564'800));
  const ordered_json tree = {
      {"type", "session.create"}, {"timestamp", "2024-05-01T12:00:00Z"}, {"data", data}};
  EXPECT_EQ(Encode(Format::kStandard, {event.get()}), tree.dump());
}

TEST(EncodeBody, PayloadIsThePayload) {
  const auto event = MakeEvent("\"just text\"", {});
  EXPECT_EQ(Encode(Format::kPayload, {event.get()}), "\"just text\"");
}

TEST(EncodeBody, ArrayHoldsAnyNumberInOrder) {
  const auto a = MakeEvent(R"({"a":1})", {});
  const auto b = MakeEvent("2", {});
  const auto c = MakeEvent("[]", {});
  EXPECT_EQ(Encode(Format::kArray, {}), "[]");
  EXPECT_EQ(Encode(Format::kArray, {a.get()}), R"([{"a":1}])");
  EXPECT_EQ(Encode(Format::kArray, {b.get(), a.get(), c.get()}), R"([2,{"a":1},[]])");
}

TEST(EncodeBody, NoNumberOfEventsEndsTheProcess) {
  const auto a = MakeEvent("1", {});
  for (int i = 0; i < model::kFormatCount; ++i) {
    const auto format = static_cast<Format>(i);
    EXPECT_EQ(Encode(format, {}), "[]");
    const std::string one = Encode(format, {a.get()});
    const std::string both = Encode(format, {a.get(), a.get()});
    EXPECT_EQ(ordered_json::parse(both).size(), 2u);
    if (!IsBatchFormat(format)) EXPECT_EQ(both, "[" + one + "," + one + "]");
  }
}

TEST(Format, OnlyArraysAreBatches) {
  EXPECT_TRUE(IsBatchFormat(Format::kCloudEventsBatch));
  EXPECT_FALSE(IsBatchFormat(Format::kCloudEvents));
  EXPECT_FALSE(IsBatchFormat(Format::kCloudEventsBinary));
  EXPECT_TRUE(IsBatchFormat(Format::kArray));
  EXPECT_FALSE(IsBatchFormat(Format::kStandard));
  EXPECT_FALSE(IsBatchFormat(Format::kPayload));
}

TEST(Format, SaysItsContentType) {
  for (const Format format :
       {Format::kArray, Format::kStandard, Format::kPayload, Format::kCloudEventsBinary}) {
    EXPECT_EQ(ContentType(format), "application/json");
  }
  EXPECT_EQ(ContentType(Format::kCloudEvents), "application/cloudevents+json");
  EXPECT_EQ(ContentType(Format::kCloudEventsBatch), "application/cloudevents-batch+json");
}

}  // namespace
}  // namespace carillon::codec
