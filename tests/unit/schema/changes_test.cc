#include "carillon/schema/changes.h"

#include <gmock/gmock.h>

#include <string>

#include "schema_fixtures.h"

namespace carillon::schema {
namespace {

/// `subject what; ...` of what breaks.
std::string Breaks(const std::string& before, const std::string& after) {
  const auto old_type = TypeOf(before);
  const auto new_type = TypeOf(after);
  std::string text;
  for (const BreakingChange& change :
       FindBreaking(old_type->descriptor(), new_type->descriptor())) {
    if (!text.empty()) text += "; ";
    text += change.subject + " " + change.description;
  }
  return text;
}

constexpr char kBefore[] =
    "message N { int32 a = 1; } enum E { ZERO = 0; ONE = 1; } "
    "message M { int64 id = 1; string name = 2; N n = 3; E e = 4; repeated string tags = 5; "
    "oneof one { string x = 6; string y = 7; } map<string, N> by = 8; }";

std::string With(std::string_view from, std::string_view to) {
  std::string text = kBefore;
  const size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  text.replace(at, from.size(), to);
  return text;
}

TEST(BreakingChanges, AreNotWhatIsAdded) {
  EXPECT_EQ(Breaks(kBefore, kBefore), "");
  EXPECT_EQ(
      Breaks(kBefore, With("int64 id = 1;", "int64 id = 1; optional bool more = 20; N m = 21;")),
      "");
  EXPECT_EQ(Breaks(kBefore, With("ONE = 1;", "ONE = 1; TWO = 2;")), "");
  EXPECT_EQ(Breaks(kBefore, With("int32 a = 1;", "int32 a = 1; int32 b = 2;")), "");
  EXPECT_EQ(Breaks(kBefore, With("message N", "message Q {} message N")), "");
}

TEST(BreakingChanges, OfFields) {
  EXPECT_EQ(Breaks(kBefore, With("int64 id = 1;", "")), "acme.M.id was removed");
  EXPECT_EQ(Breaks(kBefore, With("int64 id = 1;", "int64 id = 9;")),
            "acme.M.id has the number 9 and had 1");
  EXPECT_EQ(Breaks(kBefore, With("int64 id", "int64 key")), "acme.M.id is key in JSON and was id");
  EXPECT_EQ(Breaks(kBefore, With("int64 id", "string id")),
            "acme.M.id is a string and was a int64");
  EXPECT_EQ(Breaks(kBefore, With("string name", "repeated string name")),
            "acme.M.name is a list or a map and was another or none");
  EXPECT_EQ(Breaks(kBefore, With("repeated string tags", "string tags")),
            "acme.M.tags is no list or map any more");
  EXPECT_EQ(Breaks(kBefore, With("string name", "optional string name")),
            "acme.M.name is left out of JSON where it is not set, and was not");
  EXPECT_EQ(Breaks(kBefore, With("string y = 7; }", "} string y = 7;")),
            "acme.M.y was moved into or out of a oneof; "
            "acme.M.y is always in JSON, and was not");
}

TEST(BreakingChanges, OfWhatIsWithin) {
  EXPECT_EQ(Breaks(kBefore, With("int32 a = 1;", "")), "acme.N.a was removed");
  EXPECT_EQ(Breaks(kBefore, With("ONE = 1;", "UNO = 1;")), "acme.ONE was removed or renamed");
  EXPECT_EQ(Breaks(kBefore, With("ONE = 1;", "ONE = 2;")), "acme.ONE has the number 2 and had 1");
  EXPECT_EQ(Breaks(kBefore, With("N n = 3;", "Q n = 3;") + "message Q { int32 a = 1; }"), "");
  EXPECT_EQ(Breaks(kBefore, With("N n = 3;", "Q n = 3;") + "message Q { int64 a = 1; }"),
            "acme.N.a is a int64 and was a int32");
}

TEST(BreakingChanges, AnotherMessageIsOne) {
  const auto before = TypeOf("message M {} message N {}");
  const auto after = TypeOf("message M {} message N {}", "acme.N");
  const auto found = FindBreaking(before->descriptor(), after->descriptor());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].subject, "acme.M");
}

TEST(BreakingChanges, ARequiredFieldIsOne) {
  const auto compiled = [](const std::string& text) {
    return ReadType(
        Compile({{"a.proto", "syntax = \"proto2\"; package acme; " + text}}).SerializeAsString(),
        "acme.M");
  };
  const auto before = compiled("message M { optional int32 a = 1; }");
  const auto after = compiled("message M { required int32 a = 1; required int32 b = 2; }");
  const auto found = FindBreaking(before->descriptor(), after->descriptor());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].description, "is required and was not");
  EXPECT_EQ(found[1].description, "is new and required");
}

TEST(BreakingChanges, AreBounded) {
  std::string many;
  for (int i = 1; i <= 300; ++i)
    many += "int32 f" + std::to_string(i) + " = " + std::to_string(i) + ";";
  const auto before = TypeOf("message M {" + many + "}");
  EXPECT_EQ(FindBreaking(before->descriptor(), TypeOf("message M {}")->descriptor()).size(),
            kMaxBreakingChanges);
}

}  // namespace
}  // namespace carillon::schema
