// The table against a matcher that is too simple to be wrong: every subscription in turn.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "carillon/routing/explanation.h"
#include "routing_fixtures.h"

namespace carillon::routing {
namespace {

using model::Filter;
using Json = nlohmann::json;

class World {
 public:
  explicit World(uint32_t seed) : random_(seed) {}

  size_t Below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[Below(from.size())];
  }

  Filter RandomFilter(int depth) {
    if (depth > 0 && Below(3) == 0) {
      const size_t kind = Below(3);
      std::vector<Filter> children;
      for (size_t i = 0, n = kind == 2 ? 1 : 1 + Below(3); i < n; ++i) {
        children.push_back(RandomFilter(depth - 1));
      }
      return Combine(std::vector{Filter::Kind::kAll, Filter::Kind::kAny, Filter::Kind::kNot}[kind],
                     std::move(children));
    }
    const auto test = static_cast<Filter::Test>(Below(5));
    std::vector<model::Scalar> values = {Pick(texts_)};
    if (Below(2) == 0) {
      const bool attribute_test = test == Filter::Test::kOneOf;
      if (attribute_test) values.push_back(Pick(texts_));
      return Check(Filter::Subject::kAttribute, {Pick(members_)}, test, values);
    }
    if (test == Filter::Test::kEquals && Below(2) == 0)
      values = {*json::Number::Parse(std::to_string(Below(3)))};
    return Check(Filter::Subject::kPayload, {Pick(members_)}, test, values);
  }

  std::vector<std::string> Types(size_t n, const std::vector<std::string>& from) {
    std::vector<std::string> types;
    for (size_t i = 0; i < n; ++i) types.push_back(Pick(from));
    return types;
  }

  model::EventPtr RandomEvent() {
    std::string payload = "{";
    for (const std::string& member : members_) {
      if (Below(3) == 0) continue;
      payload += (payload.size() > 1 ? ",\"" : "\"") + member + "\":";
      payload += Below(2) == 0 ? std::to_string(Below(3)) : "\"" + Pick(texts_) + "\"";
    }
    payload += "}";
    std::vector<model::Event::Attribute> attributes;
    for (const std::string& member : members_) {
      if (Below(2) == 0) attributes.emplace_back(member, Pick(texts_));
    }
    return MakeEvent(Pick(types_), payload, attributes, Pick(tenants_));
  }

  const std::vector<std::string> tenants_ = {"t0", "t1", "t2"};
  const std::vector<std::string> types_ = {"a", "a.b", "a.b.c", "a.bb", "b.a", "b", "c.a.b"};
  const std::vector<std::string> patterns_ = {"*",   "a",   "a.*", "a.b",  "a.b.*",
                                              "b.a", "b.*", "c.*", "c.a.*"};
  const std::vector<std::string> members_ = {"m", "n", "o"};
  const std::vector<std::string> texts_ = {"", "x", "xy", "1"};

 private:
  std::mt19937 random_;
};

bool NaiveType(const std::string& pattern, std::string_view type) {
  if (pattern == "*") return true;
  if (pattern.ends_with(".*")) return type.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == type;
}

bool NaiveTest(const Filter& f, const Json& members) {
  const bool there = members.contains(f.path[0]);
  const auto is = [&](const model::Scalar& s) {
    if (const auto* text = std::get_if<std::string>(&s)) return members[f.path[0]] == Json(*text);
    const auto& number = std::get<json::Number>(s);
    return members[f.path[0]] == Json(number.digits.empty() ? 0 : std::stoi(number.digits));
  };
  switch (f.test) {
    case Filter::Test::kExists:
      return there;
    case Filter::Test::kAbsent:
      return !there;
    case Filter::Test::kPrefix:
      return there && members[f.path[0]].is_string() &&
             members[f.path[0]].get<std::string>().starts_with(std::get<std::string>(f.values[0]));
    default:
      for (const auto& value : f.values) {
        if (there && is(value)) return true;
      }
      return false;
  }
}

bool NaiveFilter(const Filter& f, const Json& attributes, const Json& payload) {
  size_t held = 0;
  for (const Filter& child : f.children) held += NaiveFilter(child, attributes, payload) ? 1 : 0;
  switch (f.kind) {
    case Filter::Kind::kTrue:
      return true;
    case Filter::Kind::kAll:
      return held == f.children.size();
    case Filter::Kind::kAny:
      return held > 0;
    case Filter::Kind::kNot:
      return held == 0;
    default:
      return NaiveTest(f, f.subject == Filter::Subject::kAttribute ? attributes : payload);
  }
}

std::vector<uint32_t> NaiveMatch(const std::vector<model::Destination>& destinations,
                                 const std::vector<model::Subscription>& subscriptions,
                                 const model::Event& event) {
  Json attributes = Json::object();
  for (const auto& [key, value] : event.attributes()) attributes[std::string(key)] = value;
  const Json payload = Json::parse(event.payload());
  std::set<uint32_t> wanted;
  for (const auto& s : subscriptions) {
    if (s.tenant != event.tenant()) continue;
    bool type = false;
    for (const auto& pattern : s.types) type = type || NaiveType(pattern, event.type());
    const bool matches = type && NaiveFilter(s.filter, attributes, payload);
    EXPECT_EQ(Explain(s, event).matched, matches);
    EXPECT_EQ(Explain(s, event).condition.empty(), matches);
    if (!matches) continue;
    for (uint32_t i = 0; i < destinations.size(); ++i) {
      for (const auto& name : s.destinations) {
        if (destinations[i].tenant == s.tenant && destinations[i].name == name) wanted.insert(i);
      }
    }
  }
  return {wanted.begin(), wanted.end()};
}

TEST(RoutingTableRandom, AgreesWithANaiveMatcher) {
  size_t matched = 0;
  for (uint32_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    World world(seed);
    std::vector<model::Destination> destinations;
    for (size_t i = 0; i < 8; ++i) {
      destinations.push_back(MakeDestination("d" + std::to_string(i % 4), world.tenants_[i / 4]));
    }
    std::vector<model::Subscription> subscriptions;
    for (size_t i = 0, n = 1 + world.Below(15); i < n; ++i) {
      subscriptions.push_back(MakeSubscription(
          world.Types(1 + world.Below(3), world.patterns_),
          world.Types(1 + world.Below(3), {"d0", "d1", "d2", "d3", "d9"}),
          world.Below(2) == 0 ? Filter{} : world.RandomFilter(3), world.Pick(world.tenants_)));
    }
    // Half of the types are in the catalog, half are matched.
    const auto table =
        RoutingTable::Compile(destinations, subscriptions, world.Types(4, world.types_));
    for (int i = 0; i < 40; ++i) {
      const auto event = world.RandomEvent();
      const auto expected = NaiveMatch(destinations, subscriptions, *event);
      ASSERT_EQ(MatchAll(*table, *event), expected) << event->type() << " " << event->payload();
      for (uint32_t d = 0; d < destinations.size(); ++d) {
        ASSERT_EQ(table->Matches(*event, d),
                  std::find(expected.begin(), expected.end(), d) != expected.end());
      }
      matched += expected.size();
    }
  }
  EXPECT_GT(matched, 1'000u);  // it compared something
}

}  // namespace
}  // namespace carillon::routing
