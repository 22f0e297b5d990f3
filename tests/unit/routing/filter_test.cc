#include <gtest/gtest.h>

#include "routing_fixtures.h"

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

Scalar N(std::string_view text) { return *json::Number::Parse(text); }

TEST(Filter, PayloadStringsAndTruthValuesEqualInTypeToo) {
  EXPECT_TRUE(PayloadEquals(R"({"a":"x"})", {"a"}, std::string("x")));
  EXPECT_FALSE(PayloadEquals(R"({"a":"x"})", {"a"}, std::string("X")));
  EXPECT_FALSE(PayloadEquals(R"({"a":"1"})", {"a"}, N("1")));
  EXPECT_FALSE(PayloadEquals(R"({"a":1})", {"a"}, std::string("1")));
  EXPECT_TRUE(PayloadEquals(R"({"a":true})", {"a"}, true));
  EXPECT_FALSE(PayloadEquals(R"({"a":true})", {"a"}, false));
  EXPECT_FALSE(PayloadEquals(R"({"a":1})", {"a"}, true));
  EXPECT_FALSE(PayloadEquals(R"({"a":true})", {"a"}, N("1")));
  EXPECT_FALSE(PayloadEquals(R"({"a":"true"})", {"a"}, true));
  EXPECT_FALSE(PayloadEquals(R"({"a":null})", {"a"}, std::string("")));
}

TEST(Filter, NumbersCompareExactly) {
  const std::pair<const char*, const char*> same[] = {
      {"9223372036854775807", "9223372036854775807"},
      {"1.0", "1"},
      {"1", "1.0"},
      {"1e3", "1000"},
      {"-2", "-2.0"},
      {"0.5", "5e-1"},
      {"-0.0", "0"},
      {"0.10", "0.1"},
      {"1e400", "10e399"},
      {"18446744073709551616", "18446744073709551616"}};
  for (const auto& [payload, value] : same) {
    EXPECT_TRUE(PayloadEquals("{\"a\":" + std::string(payload) + "}", {"a"}, N(value))) << payload;
  }
  const std::pair<const char*, const char*> different[] = {
      {"9223372036854775806", "9223372036854775807"},
      {"9223372036854775808", "-9223372036854775808"},
      {"18446744073709551615", "-1"},
      {"18446744073709551615", "18446744073709551616"},
      {"9007199254740993", "9007199254740992"},
      {"1", "1.5"},
      {"1", "-1"},
      {"5", "1e300"},
      {"1e400", "1e401"},
      {"0.1000000000000000055511151231257827", "0.1"}};
  for (const auto& [payload, value] : different) {
    EXPECT_FALSE(PayloadEquals("{\"a\":" + std::string(payload) + "}", {"a"}, N(value))) << payload;
  }
}

// A number that no double holds once made the payload unreadable: the destination that asked for
// the event did not get it, and the one whose `not` forbids it did.
TEST(Filter, ANumberThatNoDoubleHoldsSwitchesNoFilterOff) {
  const Filter location = Check(Subject::kPayload, {"location"}, Filter::Test::kEquals, {"K"});
  const Filter internal = Check(Subject::kPayload, {"internal"}, Filter::Test::kEquals, {true});
  const Filter external = Combine(Filter::Kind::kNot, {internal});
  const Filter absent = Check(Subject::kPayload, {"internal"}, Filter::Test::kAbsent);
  for (const char* number : {"1", "1e400", "-1e400", "1e-400", "1e99999999999999999999",
                             "123456789012345678901234567890", "0.1e-5000"}) {
    const auto event =
        MakeEvent("t", R"({"location":"K","internal":true,"x":)" + std::string(number) + "}");
    EXPECT_TRUE(Wants(location, *event)) << number;
    EXPECT_TRUE(Wants(internal, *event)) << number;
    EXPECT_FALSE(Wants(external, *event)) << number;
    EXPECT_FALSE(Wants(absent, *event)) << number;
  }
}

TEST(Filter, WhatCanNotBeReadIsDeliveredToNobody) {
  const Filter there = Check(Subject::kPayload, {"a"}, Filter::Test::kExists);
  const Filter absent = Check(Subject::kPayload, {"a"}, Filter::Test::kAbsent);
  const Filter attribute = Check(Subject::kAttribute, {"k"}, Filter::Test::kAbsent);
  for (const char* payload : {"not json", "", "{\"b\":1", "{\"b\":01}"}) {
    const auto event = MakeEvent("t", payload);
    EXPECT_FALSE(Wants(there, *event)) << payload;
    EXPECT_FALSE(Wants(absent, *event)) << payload;
    EXPECT_FALSE(Wants(Combine(Filter::Kind::kNot, {there}), *event)) << payload;
    EXPECT_TRUE(Wants(attribute, *event)) << payload;  // nobody looked into the payload
  }
}

TEST(Filter, NamesAndStringsCompareAsWhatTheirEscapesSay) {
  EXPECT_TRUE(PayloadEquals(R"({"\u0061":"\u0041"})", {"a"}, std::string("A")));
  EXPECT_TRUE(PayloadEquals(R"({"a":"\ud83d\ude00"})", {"a"}, std::string("😀")));
  EXPECT_TRUE(PayloadEquals(R"({"a.b":{"":1}})", {"a.b", ""}, N("1")));
  EXPECT_TRUE(PayloadEquals(R"({"a":1,"a":2})", {"a"}, N("2")));
  EXPECT_FALSE(PayloadEquals(R"({"a":1,"a":2})", {"a"}, N("1")));
  const Filter prefix = Check(Subject::kPayload, {"a"}, Filter::Test::kPrefix, {std::string("A/")});
  EXPECT_TRUE(Wants(prefix, *MakeEvent("t", R"({"a":"\u0041\/b"})")));
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
  for (const char* payload : {"[{\"a\":1}]", "\"a\"", "1", "null", "true"}) {
    EXPECT_FALSE(Wants(there, *MakeEvent("t", payload))) << payload;
    EXPECT_TRUE(Wants(absent, *MakeEvent("t", payload))) << payload;
  }
  EXPECT_TRUE(Wants(there, *MakeEvent("t", R"({"a":null})")));
  EXPECT_FALSE(Wants(absent, *MakeEvent("t", R"({"a":null})")));
}

TEST(Filter, OneOfAndPrefix) {
  const Filter one_of = Check(Subject::kPayload, {"a"}, Filter::Test::kOneOf,
                              {std::string("x"), N("2"), N("2.5"), true});
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
