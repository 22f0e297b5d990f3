#include "carillon/json/document.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "carillon/json/scanner.h"

namespace carillon::json {
namespace {

using Path = std::vector<std::string>;

std::string Raw(Document& document, const Path& path) {
  const auto* member = document.Find(path);
  return member == nullptr ? "(none)" : std::string(member->raw);
}

std::string Raw(std::string_view text, const Path& path) {
  Document document(text);
  return Raw(document, path);
}

TEST(Document, FindsMembersByPath) {
  Document d(R"({"a":1,"b":{"c":[1,{"x":2}],"d":{"e":"f"}},"g":null})");
  EXPECT_EQ(Raw(d, {"a"}), "1");
  EXPECT_EQ(Raw(d, {"b", "c"}), R"([1,{"x":2}])");
  EXPECT_EQ(Raw(d, {"b", "d", "e"}), "\"f\"");
  EXPECT_EQ(Raw(d, {"b", "d"}), R"({"e":"f"})");
  EXPECT_EQ(Raw(d, {"g"}), "null");
  EXPECT_EQ(Raw(d, {"b", "c", "x"}), "(none)");  // nothing leads into an array
  EXPECT_EQ(Raw(d, {"a", "b"}), "(none)");
  EXPECT_EQ(Raw(d, {"x"}), "(none)");
  EXPECT_EQ(Raw(d, {"g", "x"}), "(none)");
  EXPECT_EQ(Raw(R"([{"a":1}])", {"a"}), "(none)");
  EXPECT_EQ(Raw(R"({})", {"a"}), "(none)");
  EXPECT_EQ(Raw(R"({"a":{}})", {"a", "a"}), "(none)");
}

TEST(Document, TakesTheLastOfMembersWithOneName) {
  EXPECT_EQ(Raw(R"({"a":1,"b":2,"a":3})", {"a"}), "3");
  EXPECT_EQ(Raw(R"({"a":1,"\u0061":3})", {"a"}), "3");
  // The last one whole: nothing is put together.
  EXPECT_EQ(Raw(R"({"a":{"x":1},"a":{"y":2}})", {"a", "x"}), "(none)");
  std::string many = "{\"a\":0";
  for (int i = 0; i < 100; ++i)
    many += ",\"k" + std::to_string(i) + "\":1,\"a\":" + std::to_string(i);
  EXPECT_EQ(Raw(many + "}", {"a"}), "99");
}

TEST(Document, FindsEachOfManyMembers) {
  std::string text = "{";
  for (int i = 0; i < 1'000; ++i) {
    text += (i > 0 ? ",\"" : "\"") + std::to_string(i * 7919 % 1'000) + "\":" + std::to_string(i);
  }
  text += "}";
  Document d(text);
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_EQ(Raw(d, {std::to_string(i * 7919 % 1'000)}), std::to_string(i));
  }
  for (const char* name : {"", "1000", "-1", "99a"}) EXPECT_EQ(Raw(d, {name}), "(none)");
}

TEST(Document, NamesAndStringsAreWhatTheirEscapesSay) {
  Document d(
      R"({"\u0041":"\u0041\n\/\\\"","":{"":1},"a.b":2,"\ud83d\ude00":"\uD83D\uDE00x","é":"\u00e9"})");
  EXPECT_EQ(Raw(d, {"", ""}), "1");
  EXPECT_EQ(Raw(d, {"a.b"}), "2");
  ASSERT_NE(d.Find(Path{"A"}), nullptr);
  EXPECT_EQ(d.String(*d.Find(Path{"A"})), "A\n/\\\"");
  ASSERT_NE(d.Find(Path{"😀"}), nullptr);
  EXPECT_EQ(d.String(*d.Find(Path{"😀"})), "😀x");
  EXPECT_EQ(d.String(*d.Find(Path{"😀"})), "😀x");  // also when it was decoded before
  EXPECT_EQ(d.String(*d.Find(Path{"é"})), "é");
  EXPECT_EQ(d.String(*d.Find(Path{"a.b"})), std::nullopt);
}

TEST(Document, NumbersThatNoDoubleHoldsAreNumbers) {
  Document d(R"({"location":"K","internal":true,"x":1e400,"y":-0.0,"z":12345678901234567890})");
  EXPECT_TRUE(d.readable());
  EXPECT_EQ(d.String(*d.Find(Path{"location"})), "K");
  EXPECT_TRUE(Document::IsTrue(*d.Find(Path{"internal"})));
  EXPECT_TRUE(Same(*Number::Parse("10e399"), *d.Number(*d.Find(Path{"x"}))));
  EXPECT_TRUE(Same(*Number::Parse("0"), *d.Number(*d.Find(Path{"y"}))));
  EXPECT_TRUE(Same(*Number::Parse("12345678901234567890"), *d.Number(*d.Find(Path{"z"}))));
  EXPECT_EQ(d.Number(*d.Find(Path{"location"})), nullptr);
}

TEST(Document, ReadsAsDeepAsIngestTakes) {
  std::string open, close;
  Path path;
  for (size_t i = 0; i < kMaxDepth; ++i) {
    open += "{\"a\":";
    close += "}";
    path.push_back("a");
  }
  EXPECT_EQ(Raw(open + "7" + close, path), "7");
  EXPECT_FALSE(Document(open + "{\"a\":7}" + close).readable());
}

TEST(Document, WhatIsNotJsonHasNoMembersAndSaysSo) {
  for (const char* text :
       {"", "not json", "{\"a\":1", "{\"a\":1}}", "{\"a\":01}", "{\"a\":\"\\ud800\"}"}) {
    Document d(text);
    EXPECT_FALSE(d.readable()) << text;
    EXPECT_EQ(Raw(d, {"a"}), "(none)") << text;
  }
  for (const char* text : {"1", "\"a\"", "null", "[]", "[{\"a\":1}]"}) {
    Document d(text);
    EXPECT_TRUE(d.readable()) << text;
    EXPECT_EQ(Raw(d, {"a"}), "(none)") << text;
  }
}

}  // namespace
}  // namespace carillon::json
