#include "carillon/json/minify.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <random>

namespace carillon::json {
namespace {

std::string Minified(std::string_view json) {
  std::string out;
  if (const auto error = MinifyJson(json, out)) {
    return "byte " + std::to_string(error->byte) + ": " + error->what;
  }
  return out;
}

TEST(MinifyJson, TakesWhiteSpaceOutAndNothingElse) {
  const std::pair<const char*, const char*> cases[] = {
      {"1", "1"},
      {" -0.0E-7 ", "-0.0E-7"},
      {"1e400", "1e400"},
      {"\t\"a b\\t\"\r\n", "\"a b\\t\""},
      {"[ ]", "[]"},
      {"{\n}", "{}"},
      {"[ [ ] , { } , null , true , false ]", "[[],{},null,true,false]"},
      {"{ \"z\" : 1 , \"a\" : 2 , \"z\" : 3 }", "{\"z\":1,\"a\":2,\"z\":3}"},
      {"\"\\ud83d\\uDE00\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\"",
       "\"\\ud83d\\uDE00\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\""},
      {"\"\x7f é日😀\"", "\"\x7f é日😀\""},
  };
  for (const auto& [in, out] : cases) EXPECT_EQ(Minified(in), out);
}

TEST(MinifyJson, NamesTheByteThatIsWrong) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "byte 0: a JSON value is expected"},
      {"  ", "byte 2: a JSON value is expected"},
      {"\xEF\xBB\xBF{}", "byte 0: a JSON value is expected"},
      {"nul", "byte 0: a JSON value is expected"},
      {"NaN", "byte 0: a JSON value is expected"},
      {"1 2", "byte 2: nothing may follow the value"},
      {"truefalse", "byte 4: nothing may follow the value"},
      {"[1,]", "byte 3: a JSON value is expected"},
      {"[,1]", "byte 1: a JSON value is expected"},
      {"[1 2]", "byte 3: ',' or ']' is expected"},
      {"[1}", "byte 2: ',' or ']' is expected"},
      {"[1", "byte 2: ',' or ']' is expected"},
      {"{\"a\":1]", "byte 6: ',' or '}' is expected"},
      {"{\"a\":1,}", "byte 7: a member name in quotes is expected"},
      {"{a:1}", "byte 1: a member name in quotes is expected"},
      {"{\"a\" 1}", "byte 5: ':' is expected"},
      {"{\"a\":}", "byte 5: a JSON value is expected"},
      {"{\"a\"}", "byte 4: ':' is expected"},
      {"\"abc", "byte 4: the string does not end"},
      {"\"a\nb\"", "byte 2: a control character in a string must be escaped"},
      {"\"\\x\"", "byte 1: not an escape"},
      {"\"\\", "byte 1: not an escape"},
      {"\"\\u12g4\"", "byte 1: \\u must be followed by four hexadecimal digits"},
      {"\"\\u12", "byte 1: \\u must be followed by four hexadecimal digits"},
      {"\"\\ud800\"", "byte 1: a surrogate that is not one of a pair"},
      {"\"\\ud800\\u0041\"", "byte 1: a surrogate that is not one of a pair"},
      {"\"\\udc00\"", "byte 1: a surrogate that is not one of a pair"},
      {"01", "byte 1: a number must not begin with 0"},
      {"-", "byte 1: a digit is expected"},
      {"1.", "byte 2: a digit is expected"},
      {".5", "byte 0: a JSON value is expected"},
      {"+1", "byte 0: a JSON value is expected"},
      {"1e", "byte 2: a digit is expected"},
      {"1e+", "byte 3: a digit is expected"},
      {"[1] // x", "byte 4: nothing may follow the value"},
      {std::string("1\0", 2), "byte 1: nothing may follow the value"},
      {"\"a\xff\"", "byte 2: not valid UTF-8"},
      {"\"\xc0\xaf\"", "byte 1: not valid UTF-8"},
      {"\"\xed\xa0\x80\"", "byte 1: not valid UTF-8"},
  };
  for (const auto& [in, out] : cases) EXPECT_EQ(Minified(in), out) << in;
}

TEST(MinifyJson, NestsSixtyFourDeepAndNoDeeper) {
  const std::string open(64, '['), close(64, ']');
  EXPECT_EQ(Minified(open + close), open + close);
  EXPECT_EQ(Minified(open + "[" + close + "]"), "byte 64: nested more than 64 deep");
  EXPECT_EQ(Minified(std::string(1'000'000, '[')), "byte 64: nested more than 64 deep");
  std::string objects;
  for (int i = 0; i < 65; ++i) objects += "{\"a\":";
  EXPECT_EQ(Minified(objects), "byte 320: nested more than 64 deep");
}

// No piece here can make a number too large for a double, which nlohmann refuses and RFC 8259 does
// not.
TEST(MinifyJson, AcceptsWhatNlohmannAccepts) {
  static const std::string kPieces[] = {"{",       "}",  "[",    "]",  ",", ":",    "\"a\"",
                                        "\"\\n\"", "1",  "-2.5", "0",  " ", "true", "null",
                                        "\"",      "\\", "2e-1", "\n", "é"};
  int valid = 0;
  for (uint64_t seed = 0; seed < 200'000; ++seed) {
    std::mt19937_64 random(seed);
    std::string text;
    for (size_t n = 1 + random() % 7; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
    std::string out;
    const bool accepted = !MinifyJson(text, out).has_value();
    ASSERT_EQ(accepted, nlohmann::json::accept(text)) << "seed " << seed << ": " << text;
    if (!accepted) continue;
    ++valid;
    ASSERT_EQ(nlohmann::json::parse(out), nlohmann::json::parse(text)) << "seed " << seed;
    std::string again;
    ASSERT_FALSE(MinifyJson(out, again).has_value());
    ASSERT_EQ(again, out);
  }
  EXPECT_GT(valid, 1'000);
}

}  // namespace
}  // namespace carillon::json
