// Tables that are made of others, by what is different.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "routing_fixtures.h"

namespace carillon::routing {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using TablePtr = std::shared_ptr<const CompiledTable>;

DestinationPtr Shared(std::string name, std::string tenant = "default") {
  return std::make_shared<const model::Destination>(
      MakeDestination(std::move(name), std::move(tenant)));
}

SubscriptionPtr ToAll(std::vector<std::string> destinations, std::string tenant = "default") {
  return std::make_shared<const model::Subscription>(
      MakeSubscription({"*"}, std::move(destinations), {}, std::move(tenant)));
}

std::vector<uint32_t> Wanting(const TablePtr& table, std::string_view tenant = "default") {
  return MatchAll(*table, *MakeEvent("a", "{}", {}, tenant));
}

TEST(TableChange, AChangedDestinationTakesNoRoutesAnew) {
  const TablePtr first =
      CompiledTable::Empty()->With({.places = {{0, Shared("a")}, {1, Shared("b")}},
                                    .subscriptions = {{"default", {ToAll({"a"})}}}});
  EXPECT_EQ(first->compiled_tenants(), 1u);
  model::Destination other = MakeDestination("a");
  other.url = "http://elsewhere/";
  const TablePtr second =
      first->With({.places = {{0, std::make_shared<const model::Destination>(other)}}});
  EXPECT_EQ(second->compiled_tenants(), 0u);
  EXPECT_EQ(second->at(0)->url, "http://elsewhere/");
  EXPECT_EQ(second->at(1), first->at(1)) << "shared";
  EXPECT_THAT(Wanting(second), ElementsAre(0));
  EXPECT_NE(first->at(0)->url, "http://elsewhere/") << "whoever has the first table keeps it";
}

TEST(TableChange, ADisabledSubscriptionMatchesNothing) {
  model::Subscription off = MakeSubscription({"*"}, {"a"}, {}, "default");
  off.disabled = true;
  const auto with = [](std::vector<SubscriptionPtr> subscriptions) {
    return CompiledTable::Empty()->With({.places = {{0, Shared("a")}, {1, Shared("b")}},
                                         .subscriptions = {{"default", subscriptions}}});
  };
  const SubscriptionPtr shared = std::make_shared<const model::Subscription>(off);
  EXPECT_THAT(Wanting(with({shared})), IsEmpty());
  EXPECT_THAT(Wanting(with({shared, ToAll({"b"})})), ElementsAre(1));
}

TEST(TableChange, OnlyTheTenantThatChangesIsCompiled) {
  TableChange all;
  for (uint32_t i = 0; i < 3'000; ++i) {
    const std::string tenant = "t" + std::to_string(i / 3);
    all.places.emplace_back(i, Shared("d" + std::to_string(i % 3), tenant));
    if (i % 3 == 0) all.subscriptions.push_back({tenant, {ToAll({"d0", "d2", "d3"}, tenant)}});
  }
  const TablePtr first = CompiledTable::Empty()->With(all);
  EXPECT_EQ(first->compiled_tenants(), 1'000u);
  const TablePtr second = first->With({.places = {{3'000, Shared("d3", "t7")}}});
  EXPECT_EQ(second->compiled_tenants(), 1u);
  EXPECT_THAT(Wanting(second, "t7"), ElementsAre(21, 23, 3'000));
  EXPECT_THAT(Wanting(first, "t7"), ElementsAre(21, 23));
  EXPECT_EQ(first->places(), 3'000u);
  const TablePtr third = second->With({.places = {{23, nullptr}}});
  EXPECT_EQ(third->at(23), nullptr);
  EXPECT_THAT(Wanting(third, "t7"), ElementsAre(21, 3'000));
  const TablePtr fourth = third->With({.subscriptions = {{"t7", {}}}});
  EXPECT_EQ(fourth->compiled_tenants(), 1u);
  EXPECT_THAT(Wanting(fourth, "t7"), IsEmpty());
  EXPECT_THAT(Wanting(fourth, "t8"), ElementsAre(24, 26));
}

TEST(TableChange, APlaceCanGoToAnotherTenant) {
  const TablePtr first = CompiledTable::Empty()->With(
      {.places = {{0, Shared("a", "t")}},
       .subscriptions = {{"t", {ToAll({"a"}, "t")}}, {"u", {ToAll({"a"}, "u")}}}});
  EXPECT_THAT(Wanting(first, "t"), ElementsAre(0));
  EXPECT_THAT(Wanting(first, "u"), IsEmpty());
  const TablePtr second = first->With({.places = {{0, Shared("a", "u")}}});
  EXPECT_THAT(Wanting(second, "t"), IsEmpty());
  EXPECT_THAT(Wanting(second, "u"), ElementsAre(0));
}

TEST(TableChange, OtherTypesAreLookedUpInEveryTenant) {
  const auto subscription =
      std::make_shared<const model::Subscription>(MakeSubscription({"a.*"}, {"d"}, {}, "default"));
  TablePtr table = CompiledTable::Empty()->With({.places = {{0, Shared("d")}},
                                                 .subscriptions = {{"default", {subscription}}},
                                                 .types = std::vector<std::string>{"b"}});
  EXPECT_THAT(MatchAll(*table, *MakeEvent("a.x")), ElementsAre(0));
  table = table->With({.types = std::vector<std::string>{"a.x", "b"}});
  EXPECT_EQ(table->compiled_tenants(), 1u);
  EXPECT_THAT(MatchAll(*table, *MakeEvent("a.x")), ElementsAre(0));
  EXPECT_THAT(MatchAll(*table, *MakeEvent("b")), IsEmpty());
}

/// What a table is to say, kept in the plainest way.
struct Wanted {
  std::map<uint32_t, DestinationPtr> places;
  std::map<std::string, std::vector<SubscriptionPtr>> subscriptions;

  std::set<std::string> Match(std::string_view tenant, std::string_view type) const {
    std::set<std::string> names;
    const auto found = subscriptions.find(std::string(tenant));
    if (found == subscriptions.end()) return names;
    for (const SubscriptionPtr& subscription : found->second) {
      if (subscription->types[0] != "*" && subscription->types[0] != type) continue;
      for (const auto& [place, destination] : places) {
        const auto& named = subscription->destinations;
        if (destination->tenant == tenant && std::ranges::count(named, destination->name) > 0) {
          names.insert(destination->name);
        }
      }
    }
    return names;
  }
};

TEST(TableChange, ManyChangesComeToTheSameAsOne) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&random](uint32_t n) { return static_cast<uint32_t>(random() % n); };
    const auto name = [&] { return "d" + std::to_string(below(6)); };
    const auto tenant = [&] { return "t" + std::to_string(below(4)); };
    TablePtr table = CompiledTable::Empty()->With({.types = std::vector<std::string>{"a", "b"}});
    Wanted wanted;
    for (int step = 0; step < 60; ++step) {
      TableChange change;
      for (uint32_t n = below(3); n > 0; --n) {
        const uint32_t place = below(600);  // on three pages
        const auto destination = below(3) == 0 ? nullptr : Shared(name(), tenant());
        const auto same = [&](const auto& at) {
          return destination != nullptr && at.first != place &&
                 at.second->tenant == destination->tenant && at.second->name == destination->name;
        };
        if (std::ranges::any_of(wanted.places, same)) continue;
        std::erase_if(change.places, [&](const auto& at) { return at.first == place; });
        change.places.emplace_back(place, destination);
        wanted.places.erase(place);
        if (destination != nullptr) wanted.places[place] = destination;
      }
      if (below(2) == 0) {
        const std::string of = tenant();
        std::vector<SubscriptionPtr> subscriptions;
        for (uint32_t n = below(3); n > 0; --n) {
          subscriptions.push_back(std::make_shared<const model::Subscription>(MakeSubscription(
              {std::vector<std::string>{"*", "a", "c"}[below(3)]}, {name(), name()}, {}, of)));
        }
        wanted.subscriptions[of] = subscriptions;
        change.subscriptions.emplace_back(of, subscriptions);
      }
      table = table->With(change);
      for (const char* of : {"t0", "t1", "t2", "t3"}) {
        for (const char* type : {"a", "b", "c"}) {
          std::set<std::string> names;
          for (const uint32_t place : MatchAll(*table, *MakeEvent(type, "{}", {}, of))) {
            names.insert(table->at(place)->name);
          }
          ASSERT_EQ(names, wanted.Match(of, type)) << "seed " << seed << ", step " << step;
        }
      }
    }
  }
}

}  // namespace
}  // namespace carillon::routing
