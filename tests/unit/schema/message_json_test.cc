#include "carillon/schema/message_json.h"

#include <gmock/gmock.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>

#include <string>

#include "carillon/json/document.h"
#include "carillon/schema/message_sample.h"
#include "schema_fixtures.h"

namespace carillon::schema {
namespace {

using google::protobuf::Arena;
using google::protobuf::Message;
using google::protobuf::TextFormat;
using testing::HasSubstr;

/// The message in text format as JSON, or `path: what` of its problem.
std::string JsonOf(const MessageType& type, const std::string& text) {
  Arena arena;
  Message& message = *type.New(arena);
  EXPECT_TRUE(TextFormat::ParseFromString(text, &message)) << text;
  std::string json;
  const auto problem = WriteMessage(message, UnknownFields::kRefused, json);
  return problem ? problem->path + ": " + problem->what : json;
}

TEST(MessageJson, IntegersAreExactNumbers) {
  const auto type = TypeOf(
      "message M { int64 a = 1; uint64 b = 2; sint64 c = 3; fixed64 d = 4; sfixed64 e = 5; "
      "int32 f = 6; uint32 g = 7; repeated int64 h = 8; map<int64, uint64> i = 9; }");
  EXPECT_EQ(JsonOf(*type,
                   "a: -9223372036854775808 b: 18446744073709551615 c: 9007199254740993 "
                   "d: 18446744073709551615 e: -9007199254740993 f: -2147483648 g: 4294967295 "
                   "h: 9007199254740993 h: -1 i { key: -2 value: 9007199254740993 } "
                   "i { key: 10 value: 1 } i { key: -10 value: 2 } i { key: 9 value: 3 }"),
            R"({"a":-9223372036854775808,"b":18446744073709551615,"c":9007199254740993,)"
            R"("d":18446744073709551615,"e":-9007199254740993,"f":-2147483648,"g":4294967295,)"
            R"("h":[9007199254740993,-1],"i":{"-10":2,"-2":9007199254740993,"9":3,"10":1}})");
}

TEST(MessageJson, WhatHasNoPresenceIsAlwaysThere) {
  const auto type = TypeOf(
      "message N { bool x = 1; } enum E { E_ZERO = 0; E_ONE = 1; } "
      "message M { int32 second = 2; string first_name = 1; optional int32 maybe = 3; N n = 4; "
      "oneof one { string p = 5; N q = 6; } repeated N list = 7; map<string, E> map = 8; E e = 9; "
      "bytes raw = 10 [json_name = \"RAW\"]; double d = 11; }");
  EXPECT_EQ(JsonOf(*type, ""),
            R"({"second":0,"firstName":"","list":[],"map":{},"e":"E_ZERO","RAW":"","d":0})");
  EXPECT_EQ(
      JsonOf(*type,
             "first_name: \"\\\"\\n\303\251\" maybe: 0 n {} q { x: true } list {} "
             "list { x: true } map { key: \"b\" value: E_ONE } map { key: \"a\" value: E_ZERO }"
             " e: E_ONE raw: \"\\377\\000a\" d: 1e300"),
      R"({"second":0,"firstName":"\"\né","maybe":0,"n":{"x":false},"q":{"x":true},)"
      R"("list":[{"x":false},{"x":true}],"map":{"a":"E_ZERO","b":"E_ONE"},"e":"E_ONE",)"
      R"("RAW":"/wBh","d":1e+300})");
}

TEST(MessageJson, WellKnownMessagesHaveTheirForms) {
  const auto type = ReadType(
      Compile(
          {{"a.proto",
            "syntax = \"proto3\"; package acme; import \"google/protobuf/timestamp.proto\"; "
            "import \"google/protobuf/duration.proto\"; import \"google/protobuf/struct.proto\"; "
            "import \"google/protobuf/wrappers.proto\"; import \"google/protobuf/empty.proto\"; "
            "import \"google/protobuf/field_mask.proto\"; "
            "message M { google.protobuf.Timestamp t = 1; google.protobuf.Duration d = 2; "
            "google.protobuf.Struct s = 3; google.protobuf.Int64Value w = 4; "
            "google.protobuf.Empty e = 5; google.protobuf.FieldMask f = 6; "
            "google.protobuf.StringValue x = 7; google.protobuf.Value v = 8; "
            "repeated google.protobuf.Duration ds = 9; google.protobuf.NullValue n = 10; }"}})
          .SerializeAsString(),
      "acme.M");
  EXPECT_EQ(
      JsonOf(*type,
             "t { seconds: 1767225600 nanos: 120000000 } d { seconds: -1 nanos: -500000000 } "
             "s { fields { key: \"b\" value { list_value { values { number_value: 1.5 } "
             "values { null_value: NULL_VALUE } } } } "
             "fields { key: \"a\" value { struct_value {} } } } "
             "w { value: 9007199254740993 } e {} f { paths: \"display_name\" paths: \"a.b\" } "
             "x {} v { bool_value: true } ds { nanos: 1000 } ds { seconds: 3 }"),
      R"({"t":"2026-01-01T00:00:00.120Z","d":"-1.500s","s":{"a":{},"b":[1.5,null]},)"
      R"("w":9007199254740993,"e":{},"f":"displayName,a.b","x":"","v":true,)"
      R"("ds":["0.000001s","3s"],"n":null})");
  EXPECT_EQ(JsonOf(*type, "t { seconds: 253402300800 }"), "/t: must lie in the years 1 to 9999");
  EXPECT_EQ(JsonOf(*type, "d { seconds: -9223372036854775808 }"),
            "/d: must be at most 10000 years, seconds and nanos of one sign");
  EXPECT_EQ(JsonOf(*type, "ds {} ds { seconds: 1 nanos: -1 }"),
            "/ds/1: must be at most 10000 years, seconds and nanos of one sign");
  EXPECT_EQ(JsonOf(*type, "v {}"), "/v: must be of some kind; null is null_value");
  EXPECT_EQ(JsonOf(*type, "v { number_value: nan }"), "/v: must be a finite number");
  EXPECT_THAT(JsonOf(*type, "f { paths: \"A\" }"), HasSubstr("/f: has a path"));
}

// But for the digits of 64-bit integers, which protobuf puts in quotes.
TEST(MessageJson, IsWhatProtobufWrites) {
  const auto type = TypeOf(
      "enum E { ZERO = 0; ONE = 1; } message M { double a = 1; float b = 2; M m = 3; "
      "repeated E e = 4; map<bool, string> s = 5; string t = 6; map<string, M> ms = 7; }");
  Arena arena;
  Message& message = *type->New(arena);
  ASSERT_TRUE(TextFormat::ParseFromString(
      "a: 0.1 b: 3.4028235e38 m { a: -2.5 b: inf s { key: true value: \"<&>\" } } e: ONE e: 7 "
      "t: \"\\001\\177\" ms { key: \"k\" value { a: nan } }",
      &message));
  std::string json;
  EXPECT_FALSE(WriteMessage(message, UnknownFields::kRefused, json));
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string theirs;
  ASSERT_TRUE(google::protobuf::util::MessageToJsonString(message, &theirs, options).ok());
  Message& back = *type->New(arena);
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &back).ok()) << json;
  EXPECT_EQ(back.DebugString(), message.DebugString());
  EXPECT_TRUE(json::Document(json).readable());
  EXPECT_NE(theirs, "");
}

TEST(MessageJson, UnknownFieldsAreRefusedOrLeftOut) {
  const auto type = TypeOf("message N { int32 a = 1; } message M { repeated N n = 1; }");
  const auto more =
      TypeOf("message N { int32 a = 1; int32 b = 99; } message M { repeated N n = 1; }");
  Arena arena;
  Message& given = *more->New(arena);
  ASSERT_TRUE(TextFormat::ParseFromString("n { a: 1 } n { b: 2 }", &given));
  Message& message = *type->New(arena);
  ASSERT_TRUE(message.ParseFromString(given.SerializeAsString()));
  std::string json;
  const auto problem = WriteMessage(message, UnknownFields::kRefused, json);
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->path, "/n/1");
  EXPECT_EQ(problem->what, "has a field that acme.N does not have: number 99");
  json.clear();
  EXPECT_FALSE(WriteMessage(message, UnknownFields::kLeftOut, json));
  EXPECT_EQ(json, R"({"n":[{"a":1},{"a":0}]})");
}

TEST(MessageJson, TextOfProto2MayBeNoUtf8) {
  const auto type = ReadType(Compile({{"a.proto",
                                       "syntax = \"proto2\"; package acme; "
                                       "message M { optional string s = 1; }"}})
                                 .SerializeAsString(),
                             "acme.M");
  EXPECT_EQ(JsonOf(*type, "s: \"ab\\377\""), "/s: is not valid UTF-8 at byte 2");
}

TEST(MessageJson, IsNoDeeperThanPayloadsAre) {
  const auto type = TypeOf("message M { M m = 1; }");
  const auto nested = [](size_t depth) {
    std::string text;
    for (size_t i = 1; i < depth; ++i) text += "m {";
    for (size_t i = 1; i < depth; ++i) text += "}";
    return text;
  };
  EXPECT_TRUE(json::Document(JsonOf(*type, nested(64))).readable());
  EXPECT_THAT(JsonOf(*type, nested(65)), HasSubstr("is nested more than 64 deep"));
}

TEST(MessageJson, JsonIsCheckedByTheMessage) {
  const auto type = TypeOf("message M { int64 order_id = 1; repeated string items = 2; }");
  EXPECT_FALSE(CheckMessageJson(*type, R"({"orderId":9007199254740993,"items":["a"]})"));
  EXPECT_FALSE(CheckMessageJson(*type, R"({"order_id":"9007199254740993"})"));
  for (const char* const bad : {R"({"orderId":9223372036854775808})", R"({"orderId":"x"})",
                                R"({"items":[1,{}]})", R"({"more":1})", "[]", "1"}) {
    const auto problem = CheckMessageJson(*type, bad);
    ASSERT_TRUE(problem) << bad;
    EXPECT_THAT(problem->what, HasSubstr("is no acme.M: ")) << bad;
  }
}

TEST(MessageSample, HasEveryMemberWithExactIntegers) {
  const auto type = TypeOf(
      "enum E { ZERO = 0; ONE = 1; } message N { uint64 big = 1; } "
      "message M { int64 id = 1; string name = 2; bool paid = 3; E e = 4; repeated N lines = 5; "
      "map<string, N> by_name = 6; oneof one { string a = 7; string b = 8; } bytes raw = 9; "
      "optional double part = 10; M inner = 11; }");
  const std::string sample = MakeSample(*type);
  EXPECT_EQ(sample.substr(0, sample.find(",\"inner\"")),
            R"({"id":9007199254740993,"name":"<name>","paid":true,"e":"ONE",)"
            R"("lines":[{"big":9007199254740993}],"byName":{"<key>":{"big":9007199254740993}},)"
            R"("a":"<a>","raw":"c2FtcGxl","part":1.5)");
  EXPECT_EQ(MakeSample(*type), sample);
  EXPECT_FALSE(CheckMessageJson(*type, sample));
  size_t depth = 0;
  for (size_t at = 0; (at = sample.find("\"inner\"", at)) != sample.npos; ++at) ++depth;
  EXPECT_EQ(depth, 4U);
}

TEST(MessageSample, OfAMessageThatBranchesIsBounded) {
  std::string fields;
  for (int i = 1; i <= 200; ++i) {
    fields += "M field_with_a_long_name_" + std::to_string(i) + " = " + std::to_string(i) + ";";
  }
  const std::string sample = MakeSample(*TypeOf("message M {" + fields + "}"));
  EXPECT_LE(sample.size(), kMaxSampleBytes);
  EXPECT_TRUE(json::Document(sample).readable());
}

}  // namespace
}  // namespace carillon::schema
