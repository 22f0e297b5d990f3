// Which condition of a subscription keeps an event out.

#include "carillon/routing/explanation.h"

#include <gtest/gtest.h>

#include "routing_fixtures.h"

namespace carillon::routing {
namespace {

using model::Filter;
using Subject = model::Filter::Subject;

constexpr char kPayload[] = R"({"location":"Kamen","count":17,"customer":{"country":"DE"}})";

Explanation Of(const Filter& filter, std::vector<std::string> types = {"*"},
               std::string_view type = "session.create") {
  const auto event = MakeEvent(type, kPayload, {{"region", "eu"}});
  return Explain(MakeSubscription(std::move(types), {"d"}, filter), *event);
}

Filter Payload(std::vector<std::string> path, std::string value) {
  return Check(Subject::kPayload, std::move(path), Filter::Test::kEquals, {std::move(value)});
}

TEST(Explain, WhatMatchesHasNoCondition) {
  const Explanation found = Of(Payload({"location"}, "Kamen"));
  EXPECT_TRUE(found.matched);
  EXPECT_EQ(found.condition, "");
  EXPECT_EQ(found.found, "");
  EXPECT_TRUE(Of({}).matched);
}

TEST(Explain, Types) {
  EXPECT_TRUE(Of({}, {"session.create"}).matched);
  EXPECT_TRUE(Of({}, {"order.paid", "session.*"}).matched);
  for (const char* pattern : {"session", "session.creat", "order.*", "session.create.*"}) {
    const Explanation found = Of({}, {pattern});
    EXPECT_FALSE(found.matched) << pattern;
    EXPECT_EQ(found.condition, "types");
    EXPECT_EQ(found.found, "session.create");
  }
  EXPECT_FALSE(Of({}, {"*"}, "destination.disabled").matched) << "of Carillon's own";
  EXPECT_TRUE(Of({}, {"destination.*"}, "destination.disabled").matched);
}

TEST(Explain, OneThatIsDisabledMatchesNothing) {
  model::Subscription subscription = MakeSubscription({"*"}, {"d"});
  subscription.disabled = true;
  EXPECT_EQ(Explain(subscription, *MakeEvent("a")).condition, "disabled");
}

TEST(Explain, ATestAndWhatIsFoundThere) {
  const auto expect = [](const Filter& filter, const char* condition, const char* found) {
    const Explanation told = Of(filter);
    EXPECT_FALSE(told.matched);
    EXPECT_EQ(told.condition, condition);
    EXPECT_EQ(told.found, found);
  };
  expect(Payload({"location"}, "Graz"), "filter.equals", "Kamen");
  expect(Payload({"count"}, "17"), "filter.equals", "17");
  expect(Payload({"customer"}, "DE"), "filter.equals", R"({"country":"DE"})");
  expect(Payload({"customer", "country"}, "AT"), "filter.equals", "DE");
  expect(Payload({"nothing"}, "x"), "filter.equals", "");
  expect(Check(Subject::kAttribute, {"region"}, Filter::Test::kOneOf, {"us", "ap"}),
         "filter.one_of", "eu");
  expect(Check(Subject::kAttribute, {"region"}, Filter::Test::kPrefix, {"u"}), "filter.prefix",
         "eu");
  expect(Check(Subject::kPayload, {"nothing"}, Filter::Test::kExists), "filter.exists", "");
  expect(Check(Subject::kPayload, {"count"}, Filter::Test::kAbsent), "filter.exists", "17");
}

TEST(Explain, TheFirstOfATreeThatDoesNotHold) {
  const Filter yes = Payload({"location"}, "Kamen");
  const Filter no = Payload({"location"}, "Graz");
  const auto of = [](Filter::Kind kind, std::vector<Filter> children) {
    return Of(Combine(kind, std::move(children))).condition;
  };
  EXPECT_EQ(of(Filter::Kind::kAll, {yes, yes, no, no}), "filter.all[2].equals");
  EXPECT_EQ(of(Filter::Kind::kAny, {no, no}), "filter.any");
  EXPECT_EQ(of(Filter::Kind::kNot, {yes}), "filter.not");
  EXPECT_EQ(of(Filter::Kind::kAll, {yes, Combine(Filter::Kind::kAll, {yes, no})}),
            "filter.all[1].all[1].equals");
  EXPECT_EQ(of(Filter::Kind::kAny, {no, yes}), "");
}

TEST(Explain, WhatIsFoundIsCutBetweenCharacters) {
  const std::string text = "x" + [] {
    std::string all;
    for (int i = 0; i < 200; ++i) all += "é";
    return all;
  }();
  const auto event = MakeEvent("a", "{\"m\":\"" + text + "\"}");
  const Explanation told = Explain(MakeSubscription({"*"}, {"d"}, Payload({"m"}, "y")), *event);
  EXPECT_EQ(told.found.size(), kMaxFoundBytes - 1);
  EXPECT_TRUE(text.starts_with(told.found));
}

}  // namespace
}  // namespace carillon::routing
