#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>

#include <string>

#include "carillon/ingest/ingest.h"
#include "carillon/ingest/sample.h"
#include "fixture.h"

namespace carillon::ingest {
namespace {

using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorSet;
using schema::Validation;
using testing::HasSubstr;

/// `message Paid { int64 id = 1; string text = 2; Paid inner = 3; }`
schema::MessageTypePtr PaidType() {
  FileDescriptorSet set;
  auto& file = *set.add_file();
  file.set_name("a.proto");
  file.set_package("acme");
  file.set_syntax("proto3");
  auto& message = *file.add_message_type();
  message.set_name("Paid");
  const auto add = [&](const char* name, FieldDescriptorProto::Type type) -> auto& {
    FieldDescriptorProto& field = *message.add_field();
    field.set_name(name);
    field.set_number(message.field_size());
    field.set_label(FieldDescriptorProto::LABEL_OPTIONAL);
    field.set_type(type);
    return field;
  };
  add("id", FieldDescriptorProto::TYPE_INT64);
  add("text", FieldDescriptorProto::TYPE_STRING);
  add("inner", FieldDescriptorProto::TYPE_MESSAGE).set_type_name(".acme.Paid");
  schema::MessageTypes types;
  auto read = types.Read(set.SerializeAsString(), "acme.Paid");
  EXPECT_TRUE(read.ok()) << read.status();
  return *read;
}

class RegisteredTest : public testing::Test {
 protected:
  void Register(Validation validation, bool archived = false) {
    schema::EventType type{.name = "order.paid"};
    type.validation = validation;
    type.archived = archived;
    type.message = PaidType();
    types_ = {std::make_shared<const schema::EventType>(std::move(type))};
  }
  /// The payload, or why the event is refused.
  std::string Publish(const v1::Event& event) {
    v1::PublishRequest request;
    *request.add_events() = event;
    const Catalog catalog({"order.paid", "order.sent"}, types_);
    base::SeededRandom random(1);
    remarks_ = {};
    const auto events =
        DecodeRequest(request.SerializeAsString(), {}, catalog, kNow, random, remarks_);
    if (!events.ok()) return std::string(events.status().message());
    return std::string(events->front()->payload());
  }
  std::string PublishAny(const std::string& bytes, const std::string& of = "acme.Paid",
                         const std::string& type = "order.paid") {
    v1::Event event;
    event.set_type(type);
    event.mutable_any()->set_type_url("type.googleapis.com/" + of);
    event.mutable_any()->set_value(bytes);
    return Publish(event);
  }
  std::string PublishJson(const std::string& json) {
    v1::Event event;
    event.set_type("order.paid");
    event.set_json(json);
    return Publish(event);
  }

  schema::EventTypes types_;
  Remarks remarks_;
};

constexpr char kIdOfMax[] = "\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f";  // 2^63 - 1

TEST_F(RegisteredTest, AnAnyBecomesExactJson) {
  Register(Validation::kRefuse);
  EXPECT_EQ(PublishAny(std::string(kIdOfMax) + "\x12\x01x"),
            R"({"id":9223372036854775807,"text":"x"})");
  EXPECT_EQ(PublishAny(""), R"({"id":0,"text":""})");
}

TEST_F(RegisteredTest, AWrongAnyIsRefused) {
  Register(Validation::kRefuse);
  EXPECT_EQ(PublishAny("", "acme.Other"),
            "events[0].any.type_url: 'type.googleapis.com/acme.Other' is not acme.Paid, the "
            "message of the event type 'order.paid'");
  EXPECT_EQ(remarks_.refused, 1U);
  EXPECT_THAT(PublishAny("", "acme.Paid", "order.sent"), HasSubstr("has no message of its own"));
  EXPECT_THAT(PublishAny("", "acme.Paid", ""), HasSubstr("events[0].any.type_url: "));
  EXPECT_EQ(PublishAny("\x1a\x03\x12\x01\xff"),
            "events[0].any.inner.text: not valid UTF-8 at byte 0");
  EXPECT_EQ(PublishAny("\x08"), "events[0].any: truncated or malformed at byte 0");
  EXPECT_EQ(PublishAny("\x1a\x02\x38\x01"),
            "events[0].any/inner: has a field that acme.Paid does not have: number 7");
}

TEST_F(RegisteredTest, FieldsThatAreUnknownArePassedOverWhereNothingIsRefused) {
  for (const Validation validation : {Validation::kOff, Validation::kWarn}) {
    Register(validation);
    EXPECT_EQ(PublishAny("\x38\x01"), R"({"id":0,"text":""})");
    EXPECT_THAT(PublishAny("\x08"), HasSubstr("malformed")) << "there is nothing to deliver";
  }
}

TEST_F(RegisteredTest, AHostileAnyIsAnswered) {
  Register(Validation::kRefuse);
  std::string deep;
  for (int i = 0; i < 60; ++i) {
    std::string length;
    for (size_t n = deep.size();; n >>= 7) {
      length += static_cast<char>((n & 0x7F) | (n > 0x7F ? 0x80 : 0));
      if (n <= 0x7F) break;
    }
    deep = "\x1a" + length + deep;
  }
  EXPECT_THAT(PublishAny(deep), testing::StartsWith("{\"id\":0"));
  std::string deeper = deep;
  for (int i = 0; i < 60; ++i) {
    std::string length;
    for (size_t n = deeper.size();; n >>= 7) {
      length += static_cast<char>((n & 0x7F) | (n > 0x7F ? 0x80 : 0));
      if (n <= 0x7F) break;
    }
    deeper = "\x1a" + length + deeper;
  }
  EXPECT_EQ(PublishAny(deeper), "events[0].any: has messages nested too deep");
  std::string many;
  for (int i = 0; i < 16 * 1024 + 1; ++i) many += "\x08\x01";
  EXPECT_THAT(PublishAny(many), HasSubstr("has more than 16384 fields"));
}

TEST_F(RegisteredTest, JsonIsCheckedAsTheTypeSays) {
  Register(Validation::kRefuse);
  EXPECT_EQ(PublishJson("{ \"id\": 9007199254740993 }"), R"({"id":9007199254740993})");
  EXPECT_THAT(PublishJson("{\"id\":\"x\"}"), HasSubstr("events[0].json: is no acme.Paid"));
  EXPECT_EQ(remarks_.refused, 1U);
  Register(Validation::kWarn);
  EXPECT_EQ(PublishJson("{\"id\":\"x\"}"), "{\"id\":\"x\"}");
  EXPECT_EQ(remarks_.warned, 1U);
  EXPECT_EQ(PublishJson("{\"id\":1}"), "{\"id\":1}");
  EXPECT_EQ(remarks_.warned, 0U);
  Register(Validation::kOff);
  EXPECT_EQ(PublishJson("{\"id\":\"x\"}"), "{\"id\":\"x\"}");
  EXPECT_EQ(remarks_.warned, 0U);
}

TEST_F(RegisteredTest, AnArchivedTypeIsRefused) {
  Register(Validation::kRefuse, true);
  EXPECT_EQ(PublishJson("{}"),
            "events[0].type: 'order.paid' is archived: it is not published any more");
}

TEST_F(RegisteredTest, ASampleIsTheTypes) {
  schema::EventType type{.name = "order.paid"};
  base::SeededRandom random(1);
  EXPECT_EQ(SampleEvent(type, "acme", kNow, random), nullptr);
  type.sample = "{\"a\":1}";
  const auto event = SampleEvent(type, "acme", kNow, random);
  EXPECT_EQ(event->payload(), type.sample);
  EXPECT_EQ(event->type(), "order.paid");
  EXPECT_EQ(event->tenant(), "acme");
  EXPECT_TRUE(event->id().starts_with("test_"));
}

}  // namespace
}  // namespace carillon::ingest
