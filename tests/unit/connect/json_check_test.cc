#include "json_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace carillon::connect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::optional<Error> Check(std::string_view json) { return CheckJson(SayRequest(), json); }

std::string Nested(size_t depth) {  // objects around the innermost, that one included
  std::string json = "{\"text\":\"x\"}";
  for (size_t i = 1; i < depth; ++i) {
    json = i + 1 == depth ? "{\"thing\":" + json + "}" : "{\"inner\":" + json + "}";
  }
  return json;
}

TEST(JsonCheckTest, WhatIsRightPasses) {
  for (const char* const json : {
           "{}",
           " \r\n\t{ } ",
           R"({"text":"x","bigNumber":"1","maxAge":"1s","updateMask":"a,b","raw":"aa=="})",
           R"({"big_number":1,"max_age":"1s"})",
           R"({"thing":{"displayName":"\u00e9","color":"COLOR_RED","colors":[1,-2,"COLOR_RED"]}})",
           R"({"things":[{},{"inner":{"inner":{}}}],"lines":[]})",
           R"({"labels":{"a":"b","text":"c"},"byName":{"x":{"color":1}}})",
           R"({"things":null,"labels":null,"thing":null,"text":null})",
           R"({"structure":{"any":{"thing":[1,null,{"x":99}]}},"value":[1],"values":[null,[1]]})",
           R"({"any":{"@type":"type.googleapis.com/carillon.test.v1.Thing","color":1}})",
           R"({"any":{"value":"1s","@type":"type.googleapis.com/google.protobuf.Duration"}})",
           R"({"text":"é \ud83c\udfae"})",
       }) {
    EXPECT_EQ(Check(json), std::nullopt) << json;
  }
}

TEST(JsonCheckTest, WhatIsNoJson) {
  for (const char* const json :
       {"{'text':'x'}", "{text:1}", "{\"text\":1,}", "{\"text\":1}x", "{\"text\":01}",
        "{\"text\":", "// x\n{}", "{\"text\":\"\xff\"}", "{\"text\":\"\xc0\x80\"}",
        "{\"text\":\"\\ud83c\"}", "{\"text\":\"\x01\"}", "{\"text\":NaN}", "{\"bigNumber\":1e999}",
        "\xEF\xBB\xBF{}", "", " \n"}) {
    EXPECT_THAT(Fields(Check(json)), ElementsAre(" SYNTAX")) << json;
  }
  EXPECT_THAT(Check("{\"text\":1,}")->message(), HasSubstr("line 1, column 11"));
  EXPECT_THAT(Check("")->message(), HasSubstr("{} is a message without members"));
}

TEST(JsonCheckTest, WhatIsNoObject) {
  for (const char* const json : {"[]", "1", "\"x\"", "null", "true", "1.5", "-1"}) {
    EXPECT_THAT(Fields(Check(json)), ElementsAre(" TYPE")) << json;
  }
}

TEST(JsonCheckTest, MembersTwice) {
  EXPECT_THAT(Fields(Check(R"({"text":"a","text":"a"})")), ElementsAre("text DUPLICATE"));
  EXPECT_THAT(Fields(Check(R"({"bigNumber":1,"big_number":1})")),
              ElementsAre("big_number DUPLICATE"));
  EXPECT_THAT(Fields(Check(R"({"te\u0078t":"a","text":"a"})")), ElementsAre("text DUPLICATE"));
  EXPECT_THAT(Fields(Check(R"({"labels":{"a":"1","b":"2","a":"3"}})")),
              ElementsAre("labels.a DUPLICATE"));
  EXPECT_THAT(Fields(Check(R"({"structure":{"x":[{"a":1,"a":1}]}})")),
              ElementsAre("structure.x[0].a DUPLICATE"));
  EXPECT_EQ(Check(R"({"things":[{"displayName":"a"},{"displayName":"a"}]})"), std::nullopt);
}

TEST(JsonCheckTest, UnknownMembersAreAllTold) {
  const auto error = Check(R"({"tex":1,"things":[{},{"displayNam":{"x":[1]}}],
      "byName":{"k":{"zzz":null}},"labels":{"anything":"x"}})");
  EXPECT_THAT(Fields(error),
              ElementsAre("tex UNKNOWN", "things[1].displayNam UNKNOWN", "byName.k.zzz UNKNOWN"));
  EXPECT_THAT(error->message(), HasSubstr("tex: unknown member of carillon.test.v1.SayRequest; did "
                                          "you mean 'text'? (and 2 more)"));
  EXPECT_EQ(Get<google::rpc::ErrorInfo>(*error).reason(), "FIELD_INVALID");
}

TEST(JsonCheckTest, AtMostFiftyAreTold) {
  std::string json = "{";
  for (int i = 0; i < 200; ++i) json += (i ? ",\"z" : "\"z") + std::to_string(i) + "\":1";
  EXPECT_THAT(Fields(Check(json + "}")), SizeIs(aip::kMaxViolations));
}

TEST(JsonCheckTest, NumbersOfEnums) {
  EXPECT_THAT(
      Fields(Check(R"({"thing":{"color":99,"colors":[1,2]},"byName":{"a":{"color":-1}}})")),
      ElementsAre("thing.color UNKNOWN", "thing.colors[1] UNKNOWN", "byName.a.color UNKNOWN"));
  EXPECT_THAT(Fields(Check(R"({"thing":{"color":18446744073709551615}})")),
              ElementsAre("thing.color UNKNOWN"));
  EXPECT_THAT(Fields(Check(R"({"thing":{"color":4294967297}})")),
              ElementsAre("thing.color UNKNOWN"))
      << "1 beyond 32 bits";
}

TEST(JsonCheckTest, FormsOfListsAndMaps) {
  EXPECT_THAT(Fields(Check(R"({"things":{"displayName":"x"},"lines":"x","labels":["a"]})")),
              ElementsAre("things TYPE", "lines TYPE", "labels TYPE"));
  EXPECT_THAT(Fields(Check(R"({"things":[{},null],"byName":{"a":null},"lines":[null]})")),
              ElementsAre("things[1] TYPE", "byName.a TYPE", "lines[0] TYPE"));
}

TEST(JsonCheckTest, FormsOfSingleValues) {
  EXPECT_THAT(Fields(Check(R"({"thing":[{}],"lines":["x",{}],"labels":{"a":[]}})")),
              ElementsAre("thing TYPE", "lines[1] TYPE", "labels.a TYPE"));
  EXPECT_THAT(Fields(Check(R"({"thing":{"displayName":["x"],"color":{}}})")),
              ElementsAre("thing.displayName TYPE", "thing.color TYPE"));
}

TEST(JsonCheckTest, MessagesInAny) {
  EXPECT_THAT(Fields(Check(R"({"any":{"@type":"x/carillon.test.v1.Thing","colour":1,"color":9}})")),
              ElementsAre("any.colour UNKNOWN", "any.color UNKNOWN"));
  EXPECT_EQ(Check(R"({"any":{"color":9,"@type":"x/carillon.test.v1.Thing"}})"), std::nullopt)
      << "only where the type comes first";
}

TEST(JsonCheckTest, Depth) {
  EXPECT_EQ(Check(Nested(kMaxJsonDepth).substr(0, 0) + "{}"), std::nullopt);
  std::string deepest = R"({"structure":{"x":)";  // two
  deepest += std::string(kMaxJsonDepth - 2, '[') + std::string(kMaxJsonDepth - 2, ']') + "}}";
  EXPECT_EQ(Check(deepest), std::nullopt);
  std::string deeper = R"({"structure":{"x":)";
  deeper += std::string(kMaxJsonDepth - 1, '[') + std::string(kMaxJsonDepth - 1, ']') + "}}";
  EXPECT_THAT(Check(deeper)->message(), HasSubstr("nested more than 32 deep"));
  EXPECT_THAT(Check(Nested(kMaxJsonDepth + 1))->message(), HasSubstr("nested more than 32 deep"));
  // However deep, it is noticed at the bound.
  const std::string hostile = R"({"value":)" + std::string(4u << 20, '[');
  EXPECT_THAT(Check(hostile)->message(), HasSubstr("nested more than 32 deep"));
}

}  // namespace
}  // namespace carillon::connect
