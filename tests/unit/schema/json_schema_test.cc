#include "carillon/schema/json_schema.h"

#include <gmock/gmock.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace carillon::schema {
namespace {

using testing::HasSubstr;

JsonSchemaPtr Parsed(const std::string& text) {
  auto schema = JsonSchema::Parse(text);
  EXPECT_TRUE(schema.ok()) << text << ": " << schema.status();
  return schema.ok() ? *schema : nullptr;
}

/// What is wrong with the payload: `/path what`; empty: nothing.
std::string Wrong(const std::string& schema, const std::string& payload) {
  const auto parsed = Parsed(schema);
  if (parsed == nullptr) return "no schema";
  const auto problem = parsed->Check(payload);
  if (!problem) return "";
  return problem->path.empty() ? problem->what : problem->path + " " + problem->what;
}

std::string SchemaError(const std::string& schema) {
  const auto parsed = JsonSchema::Parse(schema);
  return parsed.ok() ? "" : std::string(parsed.status().message());
}

struct Case {
  const char* schema;
  const char* good;
  const char* bad;
};

// Each keyword with a payload that fits and one that does not.
constexpr Case kCases[] = {
    {"true", "1", nullptr},
    {"{}", "null", nullptr},
    {R"({"type":"null"})", "null", "0"},
    {R"({"type":"boolean"})", "false", "\"false\""},
    {R"({"type":"number"})", "1.5", "\"1\""},
    {R"({"type":"integer"})", "1", "1.5"},
    {R"({"type":"integer"})", "1.0", "1e-1"},
    {R"({"type":"integer"})", "1.50e1", "1.55e1"},
    {R"({"type":"integer"})", "18446744073709551616", "[]"},
    {R"({"type":["string","null"]})", "null", "1"},
    {R"({"type":"object"})", "{}", "[]"},
    {R"({"type":"array"})", "[]", "{}"},
    {R"({"enum":[1,"a",{"b":[1.0]}]})", R"({"b":[1]})", R"({"b":["1"]})"},
    {R"({"enum":[1,"a"]})", R"("\u0061")", "\"1\""},
    {R"({"const":9007199254740993})", "9007199254740993", "9007199254740992"},
    {R"({"const":{"a":1,"b":2}})", R"({"b":2,"a":1.0})", R"({"a":1})"},
    {R"({"minimum":9007199254740993})", "9007199254740993", "9007199254740992"},
    {R"({"minimum":0})", "18446744073709551615", "-0.0000001"},
    {R"({"maximum":1e400})", "1e400", "1.0000001e400"},
    {R"({"exclusiveMinimum":-1})", "-0.9", "-1.0"},
    {R"({"exclusiveMaximum":1})", "0.9", "1"},
    {R"({"multipleOf":0.01})", "123456.78", "123456.785"},
    {R"({"multipleOf":1})", "7", "1.5"},
    {R"({"multipleOf":2.5})", "-10", "9"},
    {R"({"multipleOf":7})", "700000000000000000000007", "700000000000000000000008"},
    {R"({"minLength":2})", R"("éé")", R"("é")"},
    {R"({"maxLength":1})", R"("😀")", R"("ab")"},
    {R"({"pattern":"^a+$"})", "\"aa\"", "\"ab\""},
    {R"({"pattern":"b"})", "\"abc\"", "\"ac\""},
    {R"({"minItems":1})", "[1]", "[]"},
    {R"({"maxItems":1})", "[1]", "[1,2]"},
    {R"({"uniqueItems":true})", R"([1,"1",[1]])", R"([{"a":1,"b":2},{"b":2,"a":1.0}])"},
    {R"({"items":{"type":"string"}})", R"(["a"])", R"(["a",1])"},
    {R"({"prefixItems":[{"type":"string"}],"items":false})", R"(["a"])", R"(["a",1])"},
    {R"({"prefixItems":[{"type":"string"},{"type":"null"}]})", R"(["a"])", R"(["a","b"])"},
    {R"({"contains":{"const":1}})", "[0,1]", "[0]"},
    {R"({"contains":{"const":1},"minContains":2})", "[1,1]", "[1]"},
    {R"({"contains":{"const":1},"maxContains":1})", "[1]", "[1,1]"},
    {R"({"contains":{"const":1},"minContains":0})", "[]", nullptr},
    {R"({"required":["a"]})", R"({"a":null})", "{}"},
    {R"({"properties":{"a":{"type":"string"}}})", R"({"a":"x","b":1})", R"({"a":1})"},
    {R"({"properties":{"a":{}},"additionalProperties":false})", R"({"a":1})", R"({"b":1})"},
    {R"({"properties":{"a":{}},"additionalProperties":{"type":"null"}})", R"({"a":1,"b":null})",
     R"({"b":1})"},
    {R"({"patternProperties":{"^x":{"type":"null"}},"additionalProperties":false})",
     R"({"xy":null})", R"({"yx":null})"},
    {R"({"propertyNames":{"maxLength":1}})", R"({"a":1})", R"({"ab":1})"},
    {R"({"minProperties":1})", R"({"a":1})", "{}"},
    {R"({"maxProperties":1})", R"({"a":1})", R"({"a":1,"b":2})"},
    {R"({"dependentRequired":{"a":["b"]}})", R"({"a":1,"b":1})", R"({"a":1})"},
    {R"({"dependentSchemas":{"a":{"required":["b"]}}})", R"({"c":1})", R"({"a":1})"},
    {R"({"allOf":[{"type":"string"},{"minLength":1}]})", "\"a\"", "\"\""},
    {R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "null", "1"},
    {R"({"oneOf":[{"type":"integer"},{"minimum":2}]})", "1", "3"},
    {R"({"not":{"type":"string"}})", "1", "\"a\""},
    {R"({"if":{"type":"string"},"then":{"minLength":1},"else":{"type":"null"}})", "null", "\"\""},
    {R"({"if":{"type":"string"},"then":{"minLength":1},"else":{"type":"null"}})", "\"a\"", "1"},
    {R"({"$defs":{"s":{"type":"string"}},"properties":{"a":{"$ref":"#/$defs/s","minLength":2}}})",
     R"({"a":"xx"})", R"({"a":"x"})"},
    {R"({"properties":{"next":{"$ref":"#"}},"required":["v"]})", R"({"v":1,"next":{"v":2}})",
     R"({"v":1,"next":{}})"},
    {R"({"$defs":{"a/b~%":{"type":"null"}},"$ref":"#/$defs/a~1b~0%25"})", "null", "1"},
    {R"({"format":"date-time","title":"t","examples":[1],"x-mine":{"type":"null"}})", "1", nullptr},
};

TEST(JsonSchema, ChecksByEachKeyword) {
  for (const Case& each : kCases) {
    EXPECT_EQ(Wrong(each.schema, each.good), "") << each.schema << " " << each.good;
    if (each.bad != nullptr) {
      EXPECT_NE(Wrong(each.schema, each.bad), "") << each.schema << " " << each.bad;
    }
  }
}

TEST(JsonSchema, SaysWhereAPayloadIsWrong) {
  const std::string order =
      R"({"properties":{"lines":{"items":{"properties":{"sku":{"type":"string"}},)"
      R"("required":["sku"],"additionalProperties":false}}}})";
  EXPECT_EQ(Wrong(order, R"({"lines":[{"sku":"a"},{"sku":1}]})"), "/lines/1/sku must be a string");
  EXPECT_EQ(Wrong(order, R"({"lines":[{}]})"), "/lines/0 lacks sku");
  EXPECT_EQ(Wrong(order, R"({"lines":[{"sku":"a","x":1}]})"),
            "/lines/0/x is no property that the schema has");
  EXPECT_EQ(Wrong(R"({"type":["null","integer"]})", "1.5"), "must be null or an integer");
  EXPECT_EQ(Wrong("false", "1"), "is not allowed");
}

TEST(JsonSchema, RefusesWhatItDoesNotTake) {
  EXPECT_THAT(SchemaError("1"), HasSubstr("must be a schema"));
  EXPECT_THAT(SchemaError("{"), HasSubstr("is no JSON at byte 1"));
  EXPECT_EQ(
      SchemaError(R"({"properties":{"a":{"requird":["b"]}}})"),
      "at /properties/a/requird: is no keyword of JSON Schema 2020-12; words of your own begin "
      "with x-; did you mean 'required'?");
  EXPECT_THAT(SchemaError(R"({"unevaluatedProperties":false})"),
              HasSubstr("at /unevaluatedProperties: is not taken: use additionalProperties"));
  for (const char* const keyword : {"unevaluatedItems", "$anchor", "$dynamicRef", "$dynamicAnchor",
                                    "dependencies", "additionalItems", "$recursiveRef"}) {
    EXPECT_THAT(SchemaError(absl::StrCat("{\"", keyword, "\":{}}")), HasSubstr("is not taken: "));
  }
  EXPECT_EQ(SchemaError(R"({"$id":"https://example.com/order"})"), "");
  EXPECT_THAT(SchemaError(R"({"not":{"$id":"x"}})"), HasSubstr("is taken at the top only"));
  EXPECT_EQ(SchemaError(R"({"$schema":"https://json-schema.org/draft/2020-12/schema#"})"), "");
  EXPECT_THAT(SchemaError(R"({"$schema":"http://json-schema.org/draft-07/schema#"})"),
              HasSubstr("at /$schema: must be https://json-schema.org/draft/2020-12/schema"));
  EXPECT_THAT(SchemaError(R"({"items":[{}]})"), HasSubstr("prefixItems"));
  EXPECT_THAT(SchemaError(R"({"type":"text"})"), HasSubstr("at /type: must be null, boolean"));
  EXPECT_THAT(SchemaError(R"({"minLength":-1})"), HasSubstr("must be a whole number"));
  EXPECT_THAT(SchemaError(R"({"minLength":1.5})"), HasSubstr("must be a whole number"));
  EXPECT_THAT(SchemaError(R"({"multipleOf":0})"), HasSubstr("must be above 0"));
  EXPECT_THAT(SchemaError(R"({"maximum":"1"})"), HasSubstr("must be a number"));
  EXPECT_THAT(SchemaError(R"({"enum":[]})"), HasSubstr("at least one value"));
  EXPECT_THAT(SchemaError(R"({"required":"a"})"), HasSubstr("array of names"));
  EXPECT_THAT(SchemaError(R"({"properties":[]})"), HasSubstr("object of schemas"));
  EXPECT_THAT(SchemaError("{\"pattern\":\"(?=a)\"}"),
              HasSubstr("no regular expression that RE2 takes"));
  EXPECT_THAT(SchemaError(R"({"patternProperties":{"(":{}}})"), HasSubstr("RE2"));
}

// Nothing is ever fetched.
TEST(JsonSchema, RefsLeadIntoTheSchemaItself) {
  for (const char* const ref : {"https://example.com/x", "other.json", "//host/x",
                                "file:///etc/passwd", "http://169.254.169.254/latest#/a"}) {
    EXPECT_THAT(SchemaError(absl::StrCat("{\"properties\":{\"a\":{\"$ref\":\"", ref, "\"}}}")),
                HasSubstr("at /properties/a/$ref: must lead into the schema itself"));
  }
  EXPECT_THAT(SchemaError(R"({"$ref":"#/$defs/gone"})"), HasSubstr("leads to no schema in it"));
  EXPECT_THAT(SchemaError(R"({"$ref":"#name"})"), HasSubstr("leads to no schema in it"));
}

TEST(JsonSchema, EndlessSchemasAreRefused) {
  EXPECT_THAT(SchemaError(R"({"$ref":"#"})"), HasSubstr("without end"));
  EXPECT_THAT(SchemaError(R"({"allOf":[{"not":{"$ref":"#"}}]})"), HasSubstr("without end"));
  EXPECT_THAT(
      SchemaError(R"({"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"anyOf":[{"$ref":"#/$defs/a"}]}},)"
                  R"("items":{"$ref":"#/$defs/a"}})"),
      HasSubstr("without end"));
  std::string chain = "{\"$defs\":{\"d0\":{}";
  for (int i = 1; i <= 40; ++i) {
    absl::StrAppend(&chain, ",\"d", i, "\":{\"$ref\":\"#/$defs/d", i - 1, "\"}");
  }
  EXPECT_EQ(SchemaError(chain + "},\"$ref\":\"#/$defs/d30\"}"), "");
  EXPECT_THAT(SchemaError(chain + "},\"$ref\":\"#/$defs/d31\"}"), HasSubstr("more than 32 others"));
}

TEST(JsonSchema, Bounds) {
  std::string deep = "{}";
  for (size_t i = 1; i < kMaxSchemaDepth; ++i) deep = "{\"items\":" + deep + "}";
  EXPECT_EQ(SchemaError(deep), "");
  EXPECT_THAT(SchemaError("{\"items\":" + deep + "}"), HasSubstr("nested more than 32 deep"));
  std::string many = "{\"anyOf\":[{}";
  for (size_t i = 2; i < kMaxSubschemas; ++i) many += ",{}";
  EXPECT_EQ(SchemaError(many + "]}"), "");
  EXPECT_THAT(SchemaError(many + ",{}]}"), HasSubstr("more than 2000 schemas"));
  EXPECT_THAT(SchemaError("{\"title\":\"" + std::string(kMaxSchemaBytes, 'x') + "\"}"),
              HasSubstr("at most 262144 are allowed"));
  std::string patterns = "{\"anyOf\":[{\"pattern\":\"a\"}";
  for (int i = 1; i < 101; ++i) patterns += ",{\"pattern\":\"a\"}";
  EXPECT_THAT(SchemaError(patterns + "]}"), HasSubstr("more than 100 patterns"));
}

// What would take a backtracking or naive checker for ever, or its stack.
TEST(JsonSchema, HostilePayloadsAreAnswered) {
  EXPECT_EQ(Wrong(R"({"pattern":"^(a|a)*$"})", "\"" + std::string(200'000, 'a') + "\""), "");
  EXPECT_EQ(Wrong(R"({"pattern":"(a*)*b"})", "\"" + std::string(200'000, 'a') + "\""),
            "does not match `pattern`");
  std::string deep = "{}";
  for (int i = 0; i < 60; ++i) deep = "{\"c\":" + deep + "}";
  EXPECT_EQ(Wrong(R"({"$defs":{"n":{"anyOf":[)"
                  R"({"properties":{"c":{"$ref":"#/$defs/n"}},"required":["x"]},)"
                  R"({"properties":{"c":{"$ref":"#/$defs/n"},"d":{}},"required":["y"]}]}},)"
                  R"("$ref":"#/$defs/n"})",
                  deep),
            "fits none of `anyOf`")
      << "what is required is looked at first";
  EXPECT_EQ(
      Wrong(R"({"$defs":{"n":{"anyOf":[)"
            R"({"properties":{"c":{"$ref":"#/$defs/n"}},"allOf":[{"required":["x"]}]},)"
            R"({"properties":{"c":{"$ref":"#/$defs/n"},"d":{}},"allOf":[{"required":["y"]}]}]}},)"
            R"("properties":{"c":{"not":{"not":{"$ref":"#/$defs/n"}}}}})",
            deep),
      "takes too many steps to check by its schema");
  std::string numbers = "[0";
  for (int i = 1; i < 40'000; ++i) absl::StrAppend(&numbers, ",", i);
  EXPECT_EQ(Wrong(R"({"uniqueItems":true,"items":{"type":"integer"}})", numbers + "]"), "");
  EXPECT_EQ(Wrong(R"({"uniqueItems":true})", numbers + ",39999]"), "has the same item twice");
  EXPECT_EQ(Wrong(R"({"minimum":0})", "1e9999999999999999999"),
            "has an exponent that is too large to be compared");
}

TEST(JsonSchema, EqualTextsHaveEqualDigests) {
  EXPECT_EQ(Parsed("{ \"type\" : \"null\" }")->digest(), Parsed("{\"type\":\"null\"}")->digest());
  EXPECT_EQ(Parsed("{ \"type\" : \"null\" }")->text(), "{\"type\":\"null\"}");
}

TEST(JsonSample, HasWhatTheSchemaSays) {
  EXPECT_EQ(Parsed(R"({"type":"object","properties":{"id":{"type":"integer"},)"
                   R"("name":{"type":"string"},"at":{"type":"string","format":"date-time"},)"
                   R"("tags":{"type":"array","items":{"type":"string"}},"paid":{"type":"boolean"},)"
                   R"("kind":{"enum":["a","b"]},"note":{"default":"n"},"price":{"type":"number"},)"
                   R"("line":{"$ref":"#/$defs/line"}},)"
                   R"("$defs":{"line":{"properties":{"sku":{"examples":["S-1"]}}}}})")
                ->MakeSample(),
            R"({"id":9007199254740993,"name":"<name>","at":"2026-01-01T00:00:00Z",)"
            R"("tags":["<tags>"],"paid":true,"kind":"a","note":"n","price":1.5,)"
            R"("line":{"sku":"S-1"}})");
  EXPECT_EQ(Parsed(R"({"type":"integer","maximum":10})")->MakeSample(), "10");
  EXPECT_EQ(Parsed(R"({"type":"string","minLength":3,"maxLength":5})")->MakeSample(), "\"xxxxx\"");
  EXPECT_EQ(Parsed("false")->MakeSample(), "");
  const std::string endless =
      Parsed(R"({"properties":{"a":{"$ref":"#"},"b":{"$ref":"#"}},"required":["a"]})")
          ->MakeSample();
  EXPECT_EQ(endless, "") << "no payload fits";
}

/// `where what; ...` of what breaks.
std::string SchemaBreaks(const std::string& before, const std::string& after,
                         const std::string& sample = "") {
  std::string text;
  for (const BreakingChange& change : FindBreaking(*Parsed(before), *Parsed(after), sample)) {
    if (!text.empty()) text += "; ";
    text += change.subject + " " + change.description;
  }
  return text;
}

TEST(JsonSchemaChanges, NarrowerOnesAndNewOptionalPropertiesAreCompatible) {
  const std::string open = R"({"properties":{"a":{"type":["string","null"]}}})";
  EXPECT_EQ(SchemaBreaks(open, open), "");
  EXPECT_EQ(SchemaBreaks(open, R"({"title":"x","properties":{"a":{"type":"string"},"b":{}}})"), "");
  EXPECT_EQ(SchemaBreaks(R"({"minimum":1})", R"({"minimum":2,"maximum":9})"), "");
  EXPECT_EQ(SchemaBreaks(R"({"enum":[1,2]})", R"({"enum":[2]})"), "");
  EXPECT_EQ(SchemaBreaks(R"({"type":"number"})", R"({"type":"integer"})"), "");
  EXPECT_EQ(
      SchemaBreaks(R"({"anyOf":[{"type":"null"}]})", R"({"anyOf":[{"type":"null","title":"x"}]})"),
      "");
  EXPECT_EQ(
      SchemaBreaks(R"({"$ref":"#/$defs/a","$defs":{"a":{"type":"null"}}})", R"({"type":"null"})"),
      "");
}

TEST(JsonSchemaChanges, WiderOnesBreak) {
  EXPECT_EQ(SchemaBreaks(R"({"type":"string"})", R"({"type":["string","null"]})"),
            "/ allows more types");
  EXPECT_EQ(SchemaBreaks(R"({"type":"integer"})", R"({"type":"number"})"), "/ allows more types");
  EXPECT_EQ(SchemaBreaks(R"({"enum":[1]})", R"({"enum":[1,2]})"),
            "/ allows more values than `enum` did");
  EXPECT_EQ(SchemaBreaks(R"({"enum":[1]})", "{}"), "/ allows more values than `enum` did");
  EXPECT_EQ(SchemaBreaks(R"({"minimum":2})", R"({"minimum":1})"), "/ allows lower numbers");
  EXPECT_EQ(SchemaBreaks(R"({"maximum":2})", "{}"), "/ allows greater numbers");
  EXPECT_EQ(SchemaBreaks(R"({"maxLength":2})", R"({"maxLength":3})"),
            "/ allows shorter or longer texts");
  EXPECT_EQ(SchemaBreaks(R"({"format":"date"})", R"({"format":"time"})"), "/ has another `format`");
  EXPECT_EQ(SchemaBreaks(R"({"pattern":"a"})", R"({"pattern":"b"})"), "/ has another `pattern`");
  EXPECT_EQ(SchemaBreaks(R"({"items":{"type":"null"}})", "{}"), "/items was removed");
}

TEST(JsonSchemaChanges, OfProperties) {
  const std::string before = R"({"properties":{"a":{"type":"null"}},"required":["a"]})";
  EXPECT_EQ(SchemaBreaks(before, R"({"required":["a"]})"), "/properties/a was removed");
  EXPECT_EQ(SchemaBreaks(before, R"({"properties":{"a":{}},"required":["a"]})"),
            "/properties/a allows more types");
  EXPECT_EQ(SchemaBreaks(before, R"({"properties":{"a":{"type":"null"}}})"),
            "/ does not require a any more");
  EXPECT_EQ(SchemaBreaks(before, R"({"properties":{"a":{"type":"null"}},"required":["a","b"]})"),
            "/ requires b");
  EXPECT_EQ(SchemaBreaks(R"({"additionalProperties":false})", "{}"),
            "/additionalProperties allows others");
  EXPECT_EQ(SchemaBreaks("{}", R"({"additionalProperties":false})"),
            "/additionalProperties allows no others, or fewer");
  EXPECT_EQ(SchemaBreaks(R"({"additionalProperties":false})",
                         R"({"additionalProperties":false,"properties":{"a":{}}})"),
            "/properties/a is new, and there could be no others");
}

TEST(JsonSchemaChanges, WhatCombinesSchemasIsComparedAsAWhole) {
  const std::string before =
      R"({"$defs":{"a":{"type":"null"}},"oneOf":[{"$ref":"#/$defs/a"},{"type":"string"}]})";
  EXPECT_EQ(SchemaBreaks(before, before), "");
  EXPECT_THAT(
      SchemaBreaks(before, R"({"$defs":{"a":{"type":"array"}},"oneOf":[{"$ref":"#/$defs/a"},)"
                           R"({"type":"string"}]})"),
      HasSubstr("combines schemas in another way"))
      << "what a reference leads to counts";
  EXPECT_THAT(SchemaBreaks(R"({"not":{"type":"null"}})", "{}"), HasSubstr("combines schemas"));
}

TEST(JsonSchemaChanges, TheSampleHasToFit) {
  EXPECT_EQ(SchemaBreaks("{}", R"({"minimum":5})", "3"),
            "sample does not fit any more: is below `minimum`");
  EXPECT_EQ(SchemaBreaks("{}", R"({"minimum":5})", "7"), "");
}

}  // namespace
}  // namespace carillon::schema
