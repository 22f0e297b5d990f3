// `data`: JSON that comes as protobuf's own values.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "carillon/ingest/ingest.h"
#include "data_payload.h"
#include "fixture.h"

namespace carillon::ingest {
namespace {

using google::protobuf::Value;
using testing::HasSubstr;
using testing::StartsWith;

/// The value that protobuf's parser makes of a JSON text.
Value ValueOf(const std::string& json) {
  Value value;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &value).ok()) << json;
  return value;
}

std::string Written(const Value& value) {
  std::string out;
  const auto problem = WriteData(value, out);
  EXPECT_FALSE(problem.has_value()) << problem->path << problem->what;
  return out;
}

Value Number(double number) {
  Value value;
  value.set_number_value(number);
  return value;
}

std::string Problem(const Value& value) {
  std::string out;
  const auto problem = WriteData(value, out);
  return problem ? problem->path + ": " + problem->what : "";
}

std::string DecodedPayload(const v1::Event& event) {
  const absl::StatusOr<Events> events = Decode(RequestOf({event}));
  EXPECT_TRUE(events.ok()) << events.status();
  return events.ok() ? std::string(events->front()->payload()) : "";
}

std::string DecodeError(const v1::Event& event) { return ErrorOf(Decode(RequestOf({event}))); }

TEST(Data, MembersAreSortedAndAllElseIsAsItWas) {
  EXPECT_EQ(
      Written(ValueOf(R"({"c": [1, {"z": null, "a": true}], "B": "é\n", "b": false, "": {}})")),
      R"({"":{},"B":"é\n","b":false,"c":[1,{"a":true,"z":null}]})");
  EXPECT_EQ(Written(ValueOf(R"([{"n": 1}, {}, []])")), R"([{"n":1},{},[]])");
  EXPECT_EQ(Written(ValueOf("null")), "null");
}

TEST(Data, NumbersAreWrittenExactly) {
  for (const char* number : {"0", "1", "-1", "0.1", "-2.5", "9007199254740991", "-9007199254740991",
                             "1e-07", "123456789012345"}) {
    EXPECT_EQ(Written(ValueOf(number)), number);
  }
  EXPECT_EQ(Written(ValueOf("1.0")), "1");
  EXPECT_EQ(Written(Number(-0.0)), "0");
  // Whatever double it is, reading it gives the same one.
  for (const double number : {1.0 / 3, 5e-324, 4503599627370495.5, -1.7976931348623157e-308}) {
    EXPECT_EQ(std::strtod(Written(Number(number)).c_str(), nullptr), number);
  }
}

TEST(Data, ANumberThatMayHaveBeenAnotherIsRefused) {
  for (const char* number :
       {"9007199254740992", "9007199254740993", "-9007199254740992", "1e300"}) {
    EXPECT_THAT(Problem(ValueOf(number)), StartsWith(": is a number of 2^53 or more")) << number;
  }
  EXPECT_THAT(Problem(ValueOf(R"({"a": [1, {"b c": 9007199254740993}]})")),
              StartsWith(".a[1].b c: is a number of 2^53"));
  for (const double number : {std::numeric_limits<double>::infinity(), std::nan("")}) {
    EXPECT_EQ(Problem(Number(number)), ": must be a finite number");
  }
  EXPECT_THAT(Problem(Value()), StartsWith(": must be of some kind"));
}

std::string Nested(const std::string& open, const std::string& close, size_t depth) {
  std::string text;
  for (size_t i = 0; i < depth; ++i) text += open;
  text += "1";
  for (size_t i = 0; i < depth; ++i) text += close;
  return text;
}

/// So many lists within each other.
Value Lists(size_t depth) {
  Value value;
  Value* inner = &value;
  for (size_t i = 0; i < depth; ++i) inner = inner->mutable_list_value()->add_values();
  inner->set_number_value(1);
  return value;
}

Value Objects(size_t depth) {
  Value value;
  Value* inner = &value;
  for (size_t i = 0; i < depth; ++i)
    inner = &(*inner->mutable_struct_value()->mutable_fields())["o"];
  inner->set_number_value(1);
  return value;
}

v1::Event WithData(Value data) {
  v1::Event event = SessionEvent();
  event.set_type("order.paid");
  *event.mutable_data() = std::move(data);
  return event;
}

TEST(Data, IsAPayloadThatNeedsAType) {
  v1::Event event = WithData(ValueOf(R"({"b": 2, "a": 1})"));
  EXPECT_EQ(DecodedPayload(event), R"({"a":1,"b":2})");
  event.clear_type();
  EXPECT_EQ(DecodeError(event), "events[0].type: required with a data payload");
}

TEST(Data, DepthHasABoundThatObjectsAndListsShare) {
  EXPECT_EQ(DecodedPayload(WithData(Lists(32))), Nested("[", "]", 32));
  EXPECT_EQ(DecodedPayload(WithData(Objects(32))), Nested("{\"o\":", "}", 32));
  EXPECT_THAT(DecodeError(WithData(Lists(33))),
              HasSubstr(": is nested more than 32 deep; use json"));
  // From here on protobuf itself does not read it.
  for (const size_t depth : {size_t{34}, size_t{50}, size_t{200}, size_t{340}}) {
    EXPECT_THAT(DecodeError(WithData(Objects(depth))), HasSubstr("nested more than")) << depth;
    EXPECT_THAT(DecodeError(WithData(Lists(depth))), HasSubstr("nested more than")) << depth;
  }
}

TEST(Data, HasRoomForSomeThousandsOfMembers) {
  Value many;
  for (int i = 0; i < 4000; ++i) {
    (*many.mutable_struct_value()->mutable_fields())["k" + std::to_string(i)].set_bool_value(true);
  }
  EXPECT_EQ(DecodeError(WithData(many)), "");
  Value more;
  for (int i = 0; i < 20'000; ++i) more.mutable_list_value()->add_values()->set_bool_value(true);
  EXPECT_THAT(DecodeError(WithData(more)),
              StartsWith("events[0].data: has more than 16384 fields"));
}

TEST(Data, ErrorsNameThePath) {
  EXPECT_THAT(DecodeError(WithData(ValueOf(R"({"order": {"items": [{"n": 1e16}]}})"))),
              StartsWith("events[0].data.order.items[0].n: is a number of 2^53"));
}

}  // namespace
}  // namespace carillon::ingest
