#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures.h"

namespace carillon::config {
namespace {

using model::Filter;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

Filter FilterOf(const std::string& yaml) {
  const Config config = Parsed(WithFilter(yaml));
  return config.subscriptions.empty() ? Filter() : config.subscriptions[0].filter;
}

std::string FilterRefusal(const std::string& yaml) { return Refusal(WithFilter(yaml)); }

TEST(FilterConfig, TestsAreTakenOver) {
  Filter f = FilterOf("{attribute: region, prefix: eu-}");
  EXPECT_EQ(f.kind, Filter::Kind::kTest);
  EXPECT_EQ(f.subject, Filter::Subject::kAttribute);
  EXPECT_THAT(f.path, ElementsAre("region"));
  EXPECT_EQ(f.test, Filter::Test::kPrefix);
  EXPECT_THAT(f.values, ElementsAre(model::Scalar("eu-")));

  f = FilterOf("{payload: customer.country, exists: false}");
  EXPECT_EQ(f.subject, Filter::Subject::kPayload);
  EXPECT_THAT(f.path, ElementsAre("customer", "country"));
  EXPECT_EQ(f.test, Filter::Test::kAbsent);
  EXPECT_EQ(FilterOf("{payload: a, exists: true}").test, Filter::Test::kExists);
  EXPECT_THAT(FilterOf("{attribute: a.b, exists: true}").path, ElementsAre("a.b"));
  EXPECT_THAT(FilterOf("{payload: a, prefix: ''}").values, ElementsAre(model::Scalar("")));
}

std::string Wide(const std::string& member, const std::string& element, int count) {
  std::string yaml = member + ": [" + element;
  for (int i = 1; i < count; ++i) yaml += ", " + element;
  return yaml + "]";
}

model::Scalar N(std::string_view text) { return *json::Number::Parse(text); }

TEST(FilterConfig, ScalarsAreTypedWhenPlainAndStringsWhenQuoted) {
  using Values = std::vector<model::Scalar>;
  EXPECT_EQ(FilterOf("{payload: a, one_of: [x, 12, -12, 0.5, 1e3, true, false]}").values,
            (Values{"x", N("12"), N("-12"), N("0.5"), N("1000"), true, false}));
  EXPECT_EQ(FilterOf("{payload: a, one_of: ['12', \"true\", 'null', '']}").values,
            (Values{"12", "true", "null", ""}));
  EXPECT_EQ(FilterOf("{payload: a, one_of: [2024-05-01, 10.0.0.1, yes, Kamen Test, 4x]}").values,
            (Values{"2024-05-01", "10.0.0.1", "yes", "Kamen Test", "4x"}));
  EXPECT_EQ(FilterOf("{payload: a, one_of: [0xyz, 12:30, e5, 1e, 0b2, v1.2, _, 1e5x]}").values,
            (Values{"0xyz", "12:30", "e5", "1e", "0b2", "v1.2", "_", "1e5x"}));
  EXPECT_EQ(FilterOf("{payload: a, equals: 7}").values, (Values{N("7")}));
}

TEST(FilterConfig, NumbersAreTakenExactly) {
  for (const char* text : {"9223372036854775807", "-9223372036854775808", "9223372036854775808",
                           "123456789012345678901234567890", "0.1", "1e999", "-0", "1e-400"}) {
    const auto values = FilterOf(std::string("{payload: a, equals: ") + text + "}").values;
    EXPECT_THAT(values, ElementsAre(N(text))) << text;
  }
  EXPECT_THAT(FilterRefusal("{payload: a, equals: 1e1000000000000001}"),
              StartsWith("subscriptions[0].filter.equals: must be a number whose exponent"));
  const std::string digits(1024, '7');
  EXPECT_EQ(FilterRefusal("{payload: a, equals: " + digits + "}"), "");
  EXPECT_THAT(FilterRefusal("{payload: a, equals: " + digits + "7}"),
              HasSubstr(".equals: must be at most 1024 bytes"));
}

TEST(FilterConfig, ScalarsThatCouldBeEitherAreRefused) {
  for (const char* text :
       {"007", "+5", "0x1F", "True", "FALSE", ".inf", "-.inf", ".nan", "1.", ".5", "1_000", ".5e3",
        "1.e3", "+1e3", "01e3", "0o17", "0b11", "-0x1F", "1_0e5"}) {
    EXPECT_THAT(FilterRefusal(std::string("{payload: a, equals: ") + text + "}"),
                StartsWith("subscriptions[0].filter.equals: could be a string or not"))
        << text;
  }
  EXPECT_THAT(FilterRefusal("{payload: a, one_of: [x, null]}"),
              StartsWith("subscriptions[0].filter.one_of[1]: must not be empty"));
  EXPECT_THAT(FilterRefusal("{payload: a, equals: [x]}"),
              StartsWith("subscriptions[0].filter.equals: must be a string, a number"));
}

TEST(FilterConfig, PathsCanBeGivenNameByName) {
  EXPECT_THAT(FilterOf("{payload_path: [a.b, '', \"\\u00e9\"], exists: true}").path,
              ElementsAre("a.b", "", "é"));
  EXPECT_EQ(FilterOf("{payload_path: [a], equals: 1}").subject, Filter::Subject::kPayload);
  EXPECT_THAT(FilterRefusal("{payload_path: [a], payload: a, exists: true}"),
              HasSubstr("needs exactly one of attribute, payload, payload_path"));
  EXPECT_EQ(FilterRefusal("{" + Wide("payload_path", "a", 64) + ", exists: true}"), "");
  EXPECT_THAT(FilterRefusal("{" + Wide("payload_path", "a", 65) + ", exists: true}"),
              HasSubstr(".payload_path: must be 1 to 64 names"));
  EXPECT_THAT(
      FilterRefusal("{" + Wide("payload_path", std::string(64, 'a'), 5) + ", exists: true}"),
      HasSubstr(".payload_path: must be 1 to 64 names"));
}

TEST(FilterConfig, CombinationsAreTakenOver) {
  const Filter f = FilterOf(
      "{any: [{not: {attribute: a, exists: true}}, {all: [{payload: b, equals: 1}, "
      "{payload: c, equals: x}]}]}");
  EXPECT_EQ(f.kind, Filter::Kind::kAny);
  ASSERT_EQ(f.children.size(), 2u);
  EXPECT_EQ(f.children[0].kind, Filter::Kind::kNot);
  ASSERT_EQ(f.children[0].children.size(), 1u);
  EXPECT_EQ(f.children[1].kind, Filter::Kind::kAll);
  EXPECT_EQ(f.children[1].children.size(), 2u);
}

TEST(FilterConfig, ExactlyOneOfEach) {
  const std::pair<const char*, const char*> cases[] = {
      {"{}", ": needs exactly one of all, any, not, or a test"},
      {"{all: []}", ": needs exactly one of all, any, not, or a test"},
      {"{not: null}", ": needs exactly one of all, any, not, or a test"},
      {"{all: [{payload: a, exists: true}], any: [{payload: a, exists: true}]}",
       ": needs exactly one of all, any, not, or a test"},
      {"{not: {payload: a, exists: true}, attribute: a}",
       ": needs exactly one of all, any, not, or a test"},
      {"{equals: 1}", ": needs exactly one of attribute, payload"},
      {"{attribute: a, payload: b, equals: x}", ": needs exactly one of attribute, payload"},
      {"{payload: a}", ": needs exactly one of equals, one_of, prefix, exists"},
      {"{payload: a, equals: 1, exists: true}", ": needs exactly one of equals, one_of"},
      {"{payload: a, one_of: []}", ": needs exactly one of equals, one_of"},
      {"{all: [{payload: a}]}", ".all[0]: needs exactly one of equals, one_of"},
      {"{attribute: 'a b', exists: true}", ".attribute: must be 1-64 characters"},
      {"{attribute: a, equals: 5}", ".equals: must be a string, as attributes are"},
      {"{attribute: a, one_of: [x, true]}", ".one_of[1]: must be a string, as attributes are"},
      {"{payload: a..b, exists: true}", ".payload: must be names separated by dots"},
      {"{payload: .a, exists: true}", ".payload: must be names separated by dots"},
      {"{payload: a., exists: true}", ".payload: must be names separated by dots"}};
  for (const auto& [yaml, error] : cases) {
    EXPECT_THAT(FilterRefusal(yaml), StartsWith(std::string("subscriptions[0].filter") + error))
        << yaml;
  }
}

std::string Nested(int depth) {
  std::string yaml = "{payload: a, exists: true}";
  for (int i = 1; i < depth; ++i) yaml = "{not: " + yaml + "}";
  return yaml;
}

TEST(FilterConfig, Bounds) {
  EXPECT_EQ(FilterRefusal(Nested(8)), "");
  EXPECT_THAT(FilterRefusal(Nested(9)), HasSubstr("nested more than 8 deep"));
  const std::string test = "{payload: a, exists: true}";
  EXPECT_EQ(FilterRefusal("{" + Wide("any", test, 63) + "}"), "");  // and `any` itself
  EXPECT_EQ(FilterRefusal("{" + Wide("any", test, 64) + "}"),
            "subscriptions[0].filter: more than 64 conditions");
  EXPECT_EQ(FilterRefusal("{payload: a, " + Wide("one_of", "x", 256) + "}"), "");
  EXPECT_EQ(FilterRefusal("{payload: a, " + Wide("one_of", "x", 257) + "}"),
            "subscriptions[0].filter.one_of: must be 1 to 256");
  const auto equals = [](size_t n) { return "{payload: a, equals: " + std::string(n, 'x') + "}"; };
  EXPECT_EQ(FilterRefusal(equals(1024)), "");
  EXPECT_THAT(FilterRefusal(equals(1025)), HasSubstr(".equals: must be at most 1024 bytes"));
  EXPECT_THAT(FilterRefusal("{payload: a, prefix: " + std::string(1025, 'x') + "}"),
              HasSubstr(".prefix: must be at most 1024 bytes"));
  const auto path = [](size_t n) { return "{payload: " + std::string(n, 'x') + ", exists: true}"; };
  EXPECT_EQ(FilterRefusal(path(256)), "");
  EXPECT_THAT(FilterRefusal(path(257)), HasSubstr(".payload: must be at most 256 bytes"));
  const auto key = [](size_t n) {
    return "{attribute: " + std::string(n, 'x') + ", exists: true}";
  };
  EXPECT_EQ(FilterRefusal(key(64)), "");
  EXPECT_THAT(FilterRefusal(key(65)), HasSubstr(".attribute: must be 1-64"));
}

}  // namespace
}  // namespace carillon::config
