#include "carillon/json/members.h"

#include <gtest/gtest.h>

namespace carillon::json {
namespace {

TEST(Members, AreListedInOrderWithRepetitions) {
  std::vector<RawMember> members;
  ASSERT_FALSE(
      ReadMembers(R"( { "b" : [1, {"x": 2}] , "\u0061" : "y" ,"b":1e400 } )", kMaxDepth, members));
  ASSERT_EQ(members.size(), 3u);
  EXPECT_EQ(members[0].name, "b");
  EXPECT_EQ(members[0].value, R"([1, {"x": 2}])");
  EXPECT_EQ(members[1].name, "a");
  EXPECT_EQ(members[1].value, "\"y\"");
  EXPECT_EQ(members[2].value, "1e400");
  ASSERT_FALSE(ReadMembers("{}", kMaxDepth, members));
  EXPECT_TRUE(members.empty());
}

TEST(Members, OnlyOfObjects) {
  std::vector<RawMember> members;
  for (const char* text : {"[{\"a\":1}]", "1", "\"{}\"", " null"}) {
    const auto error = ReadMembers(text, kMaxDepth, members);
    ASSERT_TRUE(error.has_value()) << text;
    EXPECT_STREQ(error->what, "an object is expected") << text;
  }
  EXPECT_EQ(ReadMembers("{\"a\":1,}", kMaxDepth, members)->byte, 7u);
}

TEST(Members, StringsAreDecodedWhenTheyAreStrings) {
  EXPECT_EQ(DecodeString(R"("a\u0042\t")"), "aB\t");
  for (const char* text :
       {"", "1", "\"a", "\"a\" ", "\"a\",", "\"\\ud800\"", "\"\n\"", "\"\\x\""}) {
    EXPECT_EQ(DecodeString(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace carillon::json
