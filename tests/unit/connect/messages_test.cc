#include "messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace carillon::connect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::optional<Error> Wrong(const std::string& json) {
  std::string ignored;
  return JsonToBinary(SayRequest(), json, ignored);
}

TEST(MessagesTest, ThereAndBack) {
  std::string binary = "what was there";
  ASSERT_EQ(JsonToBinary(SayRequest(),
                         R"({"text":"é","bigNumber":"9007199254740993","thing":{"color":1},
                             "max_age":"1.5s","updateMask":"text,thing.displayName"})",
                         binary),
            std::nullopt);
  test::v1::SayRequest request;
  ASSERT_TRUE(request.ParseFromString(binary));
  EXPECT_EQ(request.big_number(), 9007199254740993);
  EXPECT_EQ(request.max_age().nanos(), 500'000'000);
  EXPECT_EQ(request.update_mask().paths(1), "thing.display_name");
  std::string json = "what was there";
  ASSERT_TRUE(BinaryToJson("carillon.test.v1.SayRequest", binary, json).ok());
  EXPECT_EQ(json, R"({"text":"é","bigNumber":"9007199254740993","thing":{"color":"COLOR_RED"},)"
                  R"("maxAge":"1.500s","updateMask":"text,thing.displayName"})");
}

TEST(MessagesTest, WrongValuesHaveTheirPathInJson) {
  struct Row {
    const char* json;
    const char* field;
    const char* says;
  };
  for (const Row& row : {
           Row{R"({"text":5})", "text TYPE", "5 is not a string"},
           Row{R"({"things":[{},{"displayName":5}]})", "things[1].displayName TYPE",
               "5 is not a string"},
           Row{R"({"things":[5]})", "things[0] TYPE", "5 is not an object"},
           Row{R"({"thing":{"color":"RED"}})", "thing.color TYPE",
               "one of COLOR_UNSPECIFIED, COLOR_RED, COLOR_BLUE"},
           Row{R"({"maxAge":"30m"})", "maxAge TYPE",
               "must be seconds in a string, such as \"1800s\""},
           Row{R"({"bigNumber":1.5})", "bigNumber TYPE", "1.5 is not a whole number of 64 bits"},
           Row{R"({"raw":"!!"})", "raw TYPE", "is not base64 in a string"},
           Row{R"({"one":"a","two":"b"})", " CONFLICT", "already set"},
           Row{R"({"any":{"@type":"type.googleapis.com/no.Such"}})", "any UNKNOWN", "no.Such"},
       }) {
    const auto error = Wrong(row.json);
    ASSERT_TRUE(error.has_value()) << row.json;
    EXPECT_EQ(error->code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
    EXPECT_THAT(Fields(error), ElementsAre(row.field)) << row.json;
    EXPECT_THAT(error->message(), HasSubstr(row.says)) << row.json;
  }
}

TEST(MessagesTest, ALongValueIsCutInItsError) {
  const auto error = Wrong(R"({"raw":")" + std::string(1u << 20, '!') + R"("})");
  ASSERT_TRUE(error.has_value());
  EXPECT_LT(error->message().size(), 300u);
}

TEST(MessagesTest, StrictnessComesFirst) {
  EXPECT_THAT(Fields(Wrong(R"({"text":"a","text":"b"})")), ElementsAre("text DUPLICATE"));
}

TEST(MessagesTest, ATypeThatThereIsNot) {
  std::string json;
  EXPECT_FALSE(BinaryToJson("no.Such", "", json).ok());
}

}  // namespace
}  // namespace carillon::connect
