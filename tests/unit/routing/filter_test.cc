#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "fixtures.h"

namespace carillon::routing {
namespace {

using model::Filter;
using Subject = model::Filter::Subject;
using model::Scalar;

bool Wants(const Filter& filter, const model::Event& event) {
  const std::vector<model::Subscription> subscriptions = {MakeSubscription({"*"}, {"d"}, filter)};
  const auto table = RoutingTable::Compile({MakeDestination("d")}, subscriptions, {});
  EXPECT_EQ(table->Matches(event, 0), !MatchAll(*table, event).empty());
  return table->Matches(event, 0);
}

bool PayloadEquals(std::string_view payload, std::vector<std::string> path, Scalar value) {
  return Wants(Check(Subject::kPayload, std::move(path), Filter::Test::kEquals, {std::move(value)}),
               *MakeEvent("t", payload));
}

TEST(Filter, PayloadStringsAndTruthValuesEqualInTypeToo) {
  EXPECT_TRUE(PayloadEquals(R"({"a":"x"})", {"a"}, std::string("x")));
  EXPECT_FALSE(PayloadEquals(R"({"a":"x"})", {"a"}, std::string("X")));
  EXPECT_FALSE(PayloadEquals(R"({"a":"1"})", {"a"}, int64_t{1}));
  EXPECT_FALSE(PayloadEquals(R"({"a":1})", {"a"}, std::string("1")));
  EXPECT_TRUE(PayloadEquals(R"({"a":true})", {"a"}, true));
  EXPECT_FALSE(PayloadEquals(R"({"a":true})", {"a"}, false));
  EXPECT_FALSE(PayloadEquals(R"({"a":1})", {"a"}, true));
  EXPECT_FALSE(PayloadEquals(R"({"a":true})", {"a"}, int64_t{1}));
  EXPECT_FALSE(PayloadEquals(R"({"a":"true"})", {"a"}, true));
  EXPECT_FALSE(PayloadEquals(R"({"a":null})", {"a"}, std::string("")));
}

TEST(Filter, WholeNumbersCompareExactlyOver64Bits) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  EXPECT_TRUE(PayloadEquals(R"({"a":9223372036854775807})", {"a"}, kMax));
  EXPECT_FALSE(PayloadEquals(R"({"a":9223372036854775806})", {"a"}, kMax));
  EXPECT_TRUE(PayloadEquals(R"({"a":-9223372036854775808})", {"a"}, kMin));
  EXPECT_FALSE(PayloadEquals(R"({"a":9223372036854775808})", {"a"}, kMin));
  EXPECT_FALSE(PayloadEquals(R"({"a":18446744073709551615})", {"a"}, int64_t{-1}));
  EXPECT_FALSE(PayloadEquals(R"({"a":9007199254740993})", {"a"}, int64_t{9007199254740992}));
}

TEST(Filter, WholeNumbersAndRealOnesCompareByValue) {
  EXPECT_TRUE(PayloadEquals(R"({"a":1.0})", {"a"}, int64_t{1}));
  EXPECT_TRUE(PayloadEquals(R"({"a":1})", {"a"}, 1.0));
  EXPECT_TRUE(PayloadEquals(R"({"a":1e3})", {"a"}, int64_t{1000}));
  EXPECT_TRUE(PayloadEquals(R"({"a":-2})", {"a"}, -2.0));
  EXPECT_TRUE(PayloadEquals(R"({"a":0.5})", {"a"}, 0.5));
  EXPECT_FALSE(PayloadEquals(R"({"a":1})", {"a"}, 1.5));
  EXPECT_FALSE(PayloadEquals(R"({"a":1})", {"a"}, -1.0));
  EXPECT_FALSE(PayloadEquals(R"({"a":1.5})", {"a"}, int64_t{1}));
  // 2^53 + 1 would round to the double 2^53.
  EXPECT_FALSE(PayloadEquals(R"({"a":9007199254740993})", {"a"}, 9007199254740992.0));
  EXPECT_FALSE(PayloadEquals(R"({"a":9223372036854775807})", {"a"}, 0x1p63));
  EXPECT_TRUE(PayloadEquals(R"({"a":9223372036854775808})", {"a"}, 0x1p63));
  EXPECT_FALSE(PayloadEquals(R"({"a":18446744073709551615})", {"a"}, 0x1p64));
  EXPECT_FALSE(PayloadEquals(R"({"a":5})", {"a"}, 1e300));
}

TEST(Filter, PathsLeadIntoObjectsOnly) {
  EXPECT_TRUE(PayloadEquals(R"({"a":{"b":{"c":"x"}}})", {"a", "b", "c"}, std::string("x")));
  EXPECT_FALSE(PayloadEquals(R"({"a":[{"b":"x"}]})", {"a", "b"}, std::string("x")));
  EXPECT_FALSE(PayloadEquals(R"({"a":"x"})", {"a", "b"}, std::string("x")));
  EXPECT_FALSE(PayloadEquals(R"({"a.b":"x"})", {"a", "b"}, std::string("x")));
}

TEST(Filter, PayloadsThatAreNoObjectsHaveNoMembers) {
  const Filter there = Check(Subject::kPayload, {"a"}, Filter::Test::kExists);
  const Filter absent = Check(Subject::kPayload, {"a"}, Filter::Test::kAbsent);
  for (const char* payload : {"[{\"a\":1}]", "\"a\"", "1", "null", "true", "not json", ""}) {
    EXPECT_FALSE(Wants(there, *MakeEvent("t", payload))) << payload;
    EXPECT_TRUE(Wants(absent, *MakeEvent("t", payload))) << payload;
  }
  EXPECT_TRUE(Wants(there, *MakeEvent("t", R"({"a":null})")));
  EXPECT_FALSE(Wants(absent, *MakeEvent("t", R"({"a":null})")));
}

TEST(Filter, OneOfAndPrefix) {
  const Filter one_of = Check(Subject::kPayload, {"a"}, Filter::Test::kOneOf,
                              {std::string("x"), int64_t{2}, 2.5, true});
  EXPECT_TRUE(Wants(one_of, *MakeEvent("t", R"({"a":"x"})")));
  EXPECT_TRUE(Wants(one_of, *MakeEvent("t", R"({"a":2})")));
  EXPECT_TRUE(Wants(one_of, *MakeEvent("t", R"({"a":2.5})")));
  EXPECT_TRUE(Wants(one_of, *MakeEvent("t", R"({"a":true})")));
  EXPECT_FALSE(Wants(one_of, *MakeEvent("t", R"({"a":"2"})")));
  EXPECT_FALSE(Wants(one_of, *MakeEvent("t", R"({})")));

  const Filter prefix = Check(Subject::kPayload, {"a"}, Filter::Test::kPrefix, {std::string("ab")});
  EXPECT_TRUE(Wants(prefix, *MakeEvent("t", R"({"a":"ab"})")));
  EXPECT_TRUE(Wants(prefix, *MakeEvent("t", R"({"a":"abc"})")));
  EXPECT_FALSE(Wants(prefix, *MakeEvent("t", R"({"a":"a"})")));
  EXPECT_FALSE(Wants(prefix, *MakeEvent("t", R"({"a":12})")));
  EXPECT_FALSE(Wants(prefix, *MakeEvent("t", R"({})")));
}

TEST(Filter, Attributes) {
  const auto event = MakeEvent("t", "{}", {{"region", "eu-west"}, {"empty", ""}});
  const auto test = [&](const char* key, Filter::Test kind, std::vector<Scalar> values = {}) {
    return Wants(Check(Subject::kAttribute, {key}, kind, std::move(values)), *event);
  };
  EXPECT_TRUE(test("region", Filter::Test::kEquals, {std::string("eu-west")}));
  EXPECT_FALSE(test("region", Filter::Test::kEquals, {std::string("eu")}));
  EXPECT_TRUE(test("region", Filter::Test::kPrefix, {std::string("eu-")}));
  EXPECT_TRUE(test("region", Filter::Test::kOneOf, {std::string("us"), std::string("eu-west")}));
  EXPECT_TRUE(test("empty", Filter::Test::kExists));
  EXPECT_TRUE(test("empty", Filter::Test::kEquals, {std::string("")}));
  EXPECT_FALSE(test("missing", Filter::Test::kEquals, {std::string("")}));
  EXPECT_FALSE(test("missing", Filter::Test::kExists));
  EXPECT_TRUE(test("missing", Filter::Test::kAbsent));
}

TEST(Filter, Combinations) {
  const Filter a = Check(Subject::kAttribute, {"a"}, Filter::Test::kExists);
  const Filter b = Check(Subject::kPayload, {"b"}, Filter::Test::kExists);
  const auto only_a = MakeEvent("t", "{}", {{"a", "1"}});
  const auto only_b = MakeEvent("t", R"({"b":1})");
  const auto both = MakeEvent("t", R"({"b":1})", {{"a", "1"}});
  const Filter all = Combine(Filter::Kind::kAll, {a, b});
  const Filter any = Combine(Filter::Kind::kAny, {a, b});
  const Filter not_a = Combine(Filter::Kind::kNot, {a});
  EXPECT_FALSE(Wants(all, *only_a));
  EXPECT_TRUE(Wants(all, *both));
  EXPECT_TRUE(Wants(any, *only_a));
  EXPECT_TRUE(Wants(any, *only_b));
  EXPECT_FALSE(Wants(any, *MakeEvent("t")));
  EXPECT_FALSE(Wants(not_a, *only_a));
  EXPECT_TRUE(Wants(not_a, *only_b));
  EXPECT_TRUE(Wants(Combine(Filter::Kind::kNot, {all}), *only_a));
}

}  // namespace
}  // namespace carillon::routing
