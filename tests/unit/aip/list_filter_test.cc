#include "carillon/aip/list_filter.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "aip_test.pb.h"
#include "carillon/aip/error.h"

namespace carillon::aip {
namespace {

using ::carillon::aiptest::Thing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

FilterFields Fields(bool all = false) {
  return {*Thing::descriptor(),
          {"name", "display_name", "state", "small", "large", "position", "bound", "ratio", "flag",
           "create_time", "wait", "labels", "types", "numbers", "status.dead_count",
           "status.failing_since", "status.reason", "changes.resource"},
          all};
}

Thing Sample() {
  Thing thing;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(
        name: "tenants/acme/things/orders"
        display_name: "Orders \"to\" ERP*"
        state: ACTIVE
        small: -4
        large: 9007199254740993
        position: 18446744073709551615
        ratio: 0.5
        flag: true
        create_time { seconds: 1767225600 nanos: 500000000 }
        wait { seconds: 1 nanos: 500000000 }
        labels { key: "team" value: "billing" }
        labels { key: "app.io/name" value: "" }
        types: "order.paid"
        types: "order.*"
        numbers: 3
        numbers: 5
        changes { resource: "a" }
        changes { resource: "b" }
        status { dead_count: 7 })pb",
      &thing));
  return thing;
}

bool Matches(const std::string& text, const Thing& thing = Sample()) {
  const auto filter = Filter::Parse(text, Fields());
  EXPECT_TRUE(filter.ok()) << text << ": " << filter.status();
  return filter.ok() && filter->Matches(thing);
}

TEST(Filter, EmptyMatchesEverything) {
  for (const char* text : {"", " ", "\n\t"}) {
    EXPECT_TRUE(Matches(text));
    EXPECT_TRUE(Filter::Parse(text, Fields())->empty());
  }
  EXPECT_FALSE(Filter::Parse("flag = true", Fields())->empty());
}

TEST(Filter, AllMustBeSaidWhereItIsAsked) {
  EXPECT_EQ(ReasonOf(Filter::Parse("", Fields(true)).status()), v1::FIELD_INVALID);
  EXPECT_TRUE(Filter::Parse(" * ", Fields(true))->empty());
  EXPECT_TRUE(Filter::Parse("flag = true", Fields(true)).ok());
  EXPECT_EQ(ReasonOf(Filter::Parse("*", Fields(false)).status()), v1::FILTER_INVALID);
}

TEST(Filter, ComparesEachType) {
  for (const char* text : {"name = \"tenants/acme/things/orders\"",
                           "name = 'tenants/acme/things/orders'",
                           "name != \"x\"",
                           "name < \"u\"",
                           "name >= \"tenants\"",
                           "name=\"tenants/acme/*\"",
                           "display_name = \"Orders \\\"to\\\" ERP\\*\"",
                           "displayName : \"Orders*\"",
                           "state = ACTIVE",
                           "state != PAUSED",
                           "state : ACTIVE",
                           "small = -4",
                           "small < 0",
                           "small <= -4",
                           "small > -5",
                           "large = 9007199254740993",
                           "large != 9007199254740992",
                           "position = 18446744073709551615",
                           "position > 18446744073709551614",
                           "ratio = 0.5",
                           "ratio < 1",
                           "ratio >= 5e-1",
                           "flag = true",
                           "flag != false",
                           "create_time > \"2026-01-01T00:00:00Z\"",
                           "create_time = 2026-01-01T00:00:00.5Z",
                           "create_time = \"2026-01-01T01:00:00.5+01:00\"",
                           "create_time <= \"2026-01-02T00:00:00Z\"",
                           "wait = 1.5s",
                           "wait > 1s",
                           "wait < 2s",
                           "status.dead_count = 7",
                           "status.deadCount >= 7",
                           "labels.team = \"billing\"",
                           "labels.team != \"x\"",
                           "labels.\"app.io/name\" = \"\"",
                           "labels.team = \"bill*\"",
                           "labels : team",
                           "labels : \"app.io/name\"",
                           "labels : \"app*\"",
                           "types : \"order.paid\"",
                           "types : \"order.\\*\"",
                           "types : \"ord*\"",
                           "numbers : 5",
                           "changes.resource : \"b\""}) {
    EXPECT_TRUE(Matches(text)) << text;
  }
  for (const char* text :
       {"name = \"tenants\"", "name = \"acme*\"", "display_name = \"Orders \\\"to\\\" ERP\"",
        "state = PAUSED", "small = 4", "small > -4", "large = 9007199254740992",
        "position < 18446744073709551615", "ratio > 0.5", "flag = false",
        "create_time < \"2026-01-01T00:00:00Z\"", "wait = 1s", "status.dead_count != 7",
        "labels.team = \"bill\"", "labels : tea", "types : \"order\"", "numbers : 4",
        "changes.resource : \"c\"", "types : \"paid*\""}) {
    EXPECT_FALSE(Matches(text)) << text;
  }
}

TEST(Filter, WhatIsUnsetMatchesNeitherWay) {
  for (const char* text : {"bound = 0", "bound != 0", "bound < 9", "status.reason = \"\"",
                           "status.reason != \"x\"", "status.failing_since != 2026-01-01T00:00:00Z",
                           "labels.none = \"x\"", "labels.none != \"x\""}) {
    EXPECT_FALSE(Matches(text)) << text;
    EXPECT_TRUE(Matches(absl::StrCat("NOT ", text))) << text;
  }
  EXPECT_FALSE(Matches("status.dead_count != 7", Thing()));
  EXPECT_TRUE(Matches("small != 7", Thing()));  // it has no presence: it is 0
}

TEST(Filter, AsksWhetherSomethingIsThere) {
  for (const char* text :
       {"name:*", "state:*", "flag:*", "create_time:*", "labels:*", "labels.team:*",
        "labels.\"app.io/name\":*", "types:*", "changes.resource:*", "status.dead_count : *"}) {
    EXPECT_TRUE(Matches(text)) << text;
    EXPECT_FALSE(Matches(text, Thing())) << text;
  }
  EXPECT_FALSE(Matches("bound:*"));
  Thing zero;
  zero.set_bound(0);
  EXPECT_TRUE(Matches("bound:*", zero));  // 0 was said
}

TEST(Filter, CombinesConditions) {
  EXPECT_TRUE(Matches("flag = true AND small = -4"));
  EXPECT_FALSE(Matches("flag = true AND small = 4"));
  EXPECT_TRUE(Matches("flag = false OR small = -4"));
  EXPECT_TRUE(Matches("NOT flag = false"));
  EXPECT_TRUE(Matches("-flag = false"));
  EXPECT_FALSE(Matches("NOT (flag = true OR small = 4)"));
  EXPECT_TRUE(Matches("(flag=true)AND(small=-4)"));
  EXPECT_TRUE(Matches("NOT(flag=false)"));
}

TEST(Filter, OrBindsTighter) {
  // As flag AND (false OR true); with AND first, it would be the same as true.
  EXPECT_FALSE(Matches("flag = false AND small = 4 OR small = -4"));
  EXPECT_FALSE(Matches("small = -4 OR small = 4 AND flag = false"));
  EXPECT_TRUE(Matches("(flag = false AND small = 4) OR small = -4"));
}

struct Mistake {
  std::string text;
  size_t position;
  std::string says;
};

void ExpectMistake(const Mistake& m) {
  const auto filter = Filter::Parse(m.text, Fields());
  ASSERT_FALSE(filter.ok()) << m.text;
  EXPECT_EQ(ReasonOf(filter.status()), v1::FILTER_INVALID) << m.text;
  EXPECT_THAT(std::string(filter.status().message()), HasSubstr(m.says)) << m.text;
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(GetDetail(filter.status(), info));
  EXPECT_EQ(info.metadata().at("position"), std::to_string(m.position)) << m.text;
}

TEST(Filter, RefusesWithAHint) {
  const Mistake mistakes[] = {
      {"orders", 0, "a word alone is no condition"},
      {"\"orders\"", 0, "a text alone is no condition"},
      {"flag = true small = 1", 12, "write AND between conditions"},
      {"flag = true and small = 1", 12, "write AND in capitals"},
      {"flag = true or small = 1", 12, "write OR in capitals"},
      {"flag = true AND", 15, "expected a condition"},
      {"flag = true OR OR small = 1", 15, "a word alone"},
      {"regex(name, 'x')", 0, "there are no functions"},
      {"*orders = 1", 0, "* stands at the end of a text"},
      {"name = \"*orders\"", 8, "* stands at the end of a text only"},
      {"name = \"a*b\"", 9, "* stands at the end of a text only"},
      {"name = \"*\"", 7, "name:* holds"},
      {"name = *", 7, "* alone stands behind : only"},
      {"name < \"a*\"", 7, "* is for texts, with"},
      {"small = \"4*\"", 8, "* is for texts"},
      {"nam = \"x\"", 0, "did you mean 'name'?"},
      {"status.dead = 1", 0, "there is no member 'dead'"},
      {"etag = \"x\"", 0, "'etag' cannot be filtered by"},
      {"retry.jitter = 1", 0, "'retry.jitter' cannot be filtered by"},
      {"status = 1", 0, "'status' cannot be filtered by"},
      {"name.x = 1", 0, "'name' has no members"},
      {". = 1", 0, "expected the name of a field"},
      {"status. = 1", 7, "expected the name of a field"},
      {"name ~ \"x\"", 0, "a word alone"},
      {"name ! \"x\"", 5, "expected =, !="},
      {"name = ", 7, "expected a value"},
      {"name = orders", 7, "put text in quotes: \"orders\""},
      {"name = \"orders", 7, "has no end"},
      {"name = \"orders\\", 7, "has no end"},
      {"state = \"ACTIVE\"", 8, "write ACTIVE without quotes"},
      {"state = ACTIV", 8, "did you mean 'ACTIVE'?"},
      {"state > ACTIVE", 6, "has no order"},
      {"flag < true", 5, "has no order"},
      {"flag = yes", 7, "expected true or false"},
      {"small = 1.5", 8, "expected a whole number"},
      {"small = \"1\"", 8, "expected a whole number, not \"1\""},
      {"large = 9223372036854775808", 8, "expected a whole number"},
      {"position = -1", 11, "expected a whole number from 0 on"},
      {"ratio = nan", 8, "expected a number"},
      {"create_time > yesterday", 14, "expected a time such as"},
      {"wait = 5", 7, "expected a number of seconds"},
      {"wait = 5m", 7, "expected a number of seconds"},
      {"types = \"x\"", 6, "has several values: use :"},
      {"changes.resource != \"x\"", 17, "has several values: use :"},
      {"labels = \"x\"", 7, "has several values: use :"},
      {"labels.a.b = \"x\"", 0, "nothing is within an element"},
      {"labels.\"a*\" = \"x\"", 7, "a key has no *"},
      {"(flag = true", 0, "there is no ) that belongs to this"},
      {"flag = true)", 11, "there is no ( that belongs to this"},
      {"()", 1, "expected the name of a field"},
      {"NOT", 3, "expected a condition"},
      {"NOT NOT flag = true", 4, "a word alone"},
      {"name = \"\xff\"", 8, "not UTF-8"},
  };
  for (const Mistake& mistake : mistakes) ExpectMistake(mistake);
}

TEST(Filter, HasBounds) {
  const auto repeated = [](size_t count, const std::string& what, const std::string& between) {
    std::string text = what;
    for (size_t i = 1; i < count; ++i) absl::StrAppend(&text, between, what);
    return text;
  };
  EXPECT_TRUE(Filter::Parse(repeated(64, "small = 1", " OR "), Fields()).ok());
  ExpectMistake({repeated(65, "small = 1", " OR "), 64 * 13, "at most 64 conditions"});
  const auto nested = [](size_t depth) {
    return std::string(depth, '(') + "flag = true" + std::string(depth, ')');
  };
  EXPECT_TRUE(Filter::Parse(nested(8), Fields()).ok());
  ExpectMistake({nested(9), 8, "at most 8 parentheses"});
  ExpectMistake({nested(1000), 8, "at most 8 parentheses"});
  const auto long_one = [](size_t bytes) {
    return "name = \"" + std::string(bytes - 9, 'x') + "\"";
  };
  EXPECT_TRUE(Filter::Parse(long_one(2048), Fields()).ok());
  ExpectMistake({long_one(2049), 2048, "at most 2048 bytes"});
}

TEST(Filter, ParenthesesBesideOneAnotherAreNotDeep) {
  std::string text = "(flag = true)";
  for (int i = 0; i < 20; ++i) text += " AND (flag = true)";
  EXPECT_TRUE(Matches(text));
}

TEST(Filter, TellsWhatAnIndexCanServe) {
  const auto filter = Filter::Parse(
      "state = ACTIVE AND (small = 1 OR small = 2) AND (NOT flag = true) AND "
      "(name = \"a*\" AND large > 3)",
      Fields());
  ASSERT_TRUE(filter.ok());
  std::vector<std::string> paths;
  for (const Restriction* r : filter->Required()) paths.push_back(r->path.ToString());
  EXPECT_THAT(paths, ElementsAre("state", "name", "large"));
  EXPECT_TRUE(filter->Required()[1]->prefix);
  EXPECT_EQ(filter->Required()[2]->op, Restriction::Op::kGreater);
}

/// A random filter, and whether it holds for `thing`, told beside the parser.
struct RandomFilter {
  std::string text;
  bool holds = false;
};

class Maker {
 public:
  Maker(uint32_t seed, const Thing& thing) : random_(seed), thing_(thing) {}

  RandomFilter Expression(int depth) {
    RandomFilter all = Factor(depth);
    for (int i = Below(3); i > 0; --i) {
      const RandomFilter next = Factor(depth);
      all = {absl::StrCat(all.text, " AND ", next.text), all.holds && next.holds};
    }
    return all;
  }

 private:
  int Below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }

  RandomFilter Factor(int depth) {
    RandomFilter any = Term(depth);
    for (int i = Below(3); i > 0; --i) {
      const RandomFilter next = Term(depth);
      any = {absl::StrCat(any.text, " OR ", next.text), any.holds || next.holds};
    }
    return any;
  }

  RandomFilter Term(int depth) {
    RandomFilter inner = depth > 0 && Below(3) == 0 ? Expression(depth - 1) : Condition();
    inner.text = absl::StrCat("(", inner.text, ")");
    if (Below(3) == 0)
      return {absl::StrCat(Below(2) == 0 ? "NOT " : "-", inner.text), !inner.holds};
    return inner;
  }

  RandomFilter Condition() {
    const int64_t n = Below(5) - 2;
    switch (Below(4)) {
      case 0:
        return Compared("small", int64_t{thing_.small()}, n, absl::StrCat(n));
      case 1:
        return Compared("large", thing_.large(), n, absl::StrCat(n));
      case 2: {
        const std::string text(1, static_cast<char>('a' + Below(4)));
        return Compared("name", thing_.name(), text, absl::StrCat("\"", text, "\""));
      }
      default: {
        bool holds = false;
        for (const int64_t number : thing_.numbers()) holds = holds || number == n;
        return {absl::StrCat("numbers : ", n), holds};
      }
    }
  }

  template <typename T>
  RandomFilter Compared(const std::string& field, const T& has, const T& value,
                        const std::string& literal) {
    const std::pair<const char*, bool> operators[] = {{"=", has == value}, {"!=", has != value},
                                                      {"<", has < value},  {"<=", has <= value},
                                                      {">", has > value},  {">=", has >= value}};
    const auto& [name, holds] = operators[Below(6)];
    return {absl::StrCat(field, name, literal), holds};
  }

  std::mt19937 random_;
  const Thing& thing_;
};

TEST(Filter, AgreesWithAPlainEvaluation) {
  int held = 0;
  int parsed = 0;
  for (uint32_t seed = 0; seed < 10'000; ++seed) {
    Thing thing;
    thing.set_small(static_cast<int>(seed % 5) - 2);
    thing.set_large(static_cast<int>(seed / 5 % 5) - 2);
    thing.set_name(std::string(1, static_cast<char>('a' + seed % 4)));
    for (uint32_t i = 0; i < seed % 3; ++i) thing.add_numbers(static_cast<int>(seed / 7 % 5) - 2);
    const RandomFilter made = Maker(seed, thing).Expression(2);
    const auto filter = Filter::Parse(made.text, Fields());
    if (!filter.ok() && made.text.size() > 200) continue;  // over a bound
    ASSERT_TRUE(filter.ok()) << "seed " << seed << ": " << made.text << ": " << filter.status();
    ASSERT_EQ(filter->Matches(thing), made.holds) << "seed " << seed << ": " << made.text;
    held += made.holds ? 1 : 0;
    ++parsed;
  }
  EXPECT_GT(parsed, 9'000);
  EXPECT_GT(held, 1'000);
  EXPECT_LT(held, parsed - 1'000);
}

TEST(Filter, SurvivesAnything) {
  constexpr std::string_view kPieces[] = {
      "AND", "OR", "NOT", "(",    ")",      "\"", "'", "\\", "*",        ":",    "=", "!=",
      "<",   "-",  ".",   "name", "labels", "1s", " ", "\0", "\xc3\xa4", "true", "5"};
  for (uint32_t seed = 0; seed < 20'000; ++seed) {
    std::mt19937 random(seed);
    std::string text;
    for (uint32_t i = random() % 20; i > 0; --i) text += kPieces[random() % std::size(kPieces)];
    const auto filter = Filter::Parse(text, Fields());
    if (!filter.ok()) {
      EXPECT_EQ(ReasonOf(filter.status()), v1::FILTER_INVALID) << text;
    }
  }
}

}  // namespace
}  // namespace carillon::aip
