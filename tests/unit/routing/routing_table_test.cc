#include "carillon/routing/routing_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "routing_fixtures.h"

namespace carillon::routing {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> kTypes = {"session.create", "session.delete", "list.created",
                                         "a.b.c"};

std::shared_ptr<const RoutingTable> Compile(std::vector<model::Destination> destinations,
                                            std::vector<model::Subscription> subscriptions,
                                            std::vector<std::string> types = kTypes) {
  return RoutingTable::Compile(std::move(destinations), subscriptions, types);
}

TEST(RoutingTable, MatchesExactTypesPrefixesAndEverything) {
  const auto table =
      Compile({MakeDestination("d0"), MakeDestination("d1"), MakeDestination("d2")},
              {MakeSubscription({"session.create"}, {"d2"}),
               MakeSubscription({"session.*"}, {"d1"}), MakeSubscription({"*"}, {"d0"})});
  EXPECT_THAT(MatchAll(*table, *MakeEvent("session.create")), ElementsAre(0, 1, 2));
  EXPECT_THAT(MatchAll(*table, *MakeEvent("session.delete")), ElementsAre(0, 1));
  EXPECT_THAT(MatchAll(*table, *MakeEvent("list.created")), ElementsAre(0));
}

TEST(RoutingTable, MatchesTypesOutsideTheCatalogByPatterns) {
  const auto table = Compile({MakeDestination("d0"), MakeDestination("d1"), MakeDestination("d2")},
                             {MakeSubscription({"a.b.*"}, {"d0"}),
                              MakeSubscription({"a.*"}, {"d1"}), MakeSubscription({"*"}, {"d2"})},
                             {});
  EXPECT_THAT(MatchAll(*table, *MakeEvent("a.b.c")), ElementsAre(0, 1, 2));
  EXPECT_THAT(MatchAll(*table, *MakeEvent("a.b")), ElementsAre(1, 2));
  EXPECT_THAT(MatchAll(*table, *MakeEvent("a")), ElementsAre(2));
  EXPECT_THAT(MatchAll(*table, *MakeEvent("ab.c")), ElementsAre(2));
}

TEST(RoutingTable, APrefixIsWholeSegments) {
  const auto table = Compile({MakeDestination("d0")}, {MakeSubscription({"session.*"}, {"d0"})},
                             {"session", "session.create", "sessions.create", "session-x"});
  EXPECT_THAT(MatchAll(*table, *MakeEvent("session.create")), ElementsAre(0));
  EXPECT_THAT(MatchAll(*table, *MakeEvent("session")), IsEmpty());
  EXPECT_THAT(MatchAll(*table, *MakeEvent("sessions.create")), IsEmpty());
  EXPECT_THAT(MatchAll(*table, *MakeEvent("session-x")), IsEmpty());
}

TEST(RoutingTable, TenantsAreApart) {
  const auto table = Compile(
      {MakeDestination("d", "one"), MakeDestination("d", "two")},
      {MakeSubscription({"*"}, {"d"}, {}, "one"), MakeSubscription({"a.b.c"}, {"d"}, {}, "two")});
  EXPECT_THAT(MatchAll(*table, *MakeEvent("session.create", "{}", {}, "one")), ElementsAre(0));
  EXPECT_THAT(MatchAll(*table, *MakeEvent("a.b.c", "{}", {}, "two")), ElementsAre(1));
  EXPECT_THAT(MatchAll(*table, *MakeEvent("a.b.c", "{}", {}, "three")), IsEmpty());
  EXPECT_FALSE(table->Matches(*MakeEvent("a.b.c", "{}", {}, "one"), 1));
}

TEST(RoutingTable, ADestinationOfSeveralSubscriptionsIsThereOnce) {
  const auto table = Compile({MakeDestination("d0"), MakeDestination("d1")},
                             {MakeSubscription({"session.create", "session.*"}, {"d1", "d0", "d1"}),
                              MakeSubscription({"*"}, {"d0"})});
  EXPECT_THAT(MatchAll(*table, *MakeEvent("session.create")), ElementsAre(0, 1));
}

TEST(RoutingTable, DestinationsOfAnotherShardArePassedOver) {
  const auto table =
      Compile({MakeDestination("here")}, {MakeSubscription({"*"}, {"elsewhere", "here"})});
  EXPECT_THAT(MatchAll(*table, *MakeEvent("a.b.c")), ElementsAre(0));
  EXPECT_EQ(table->places(), 1u);
  EXPECT_EQ(table->at(0)->name, "here");
}

TEST(RoutingTable, AnyOfTheFiltersOfADestinationSuffices) {
  using Filter = model::Filter;
  const auto location = [](std::string name) {
    return Check(Filter::Subject::kPayload, {"location"}, Filter::Test::kEquals, {std::move(name)});
  };
  const auto table = Compile({MakeDestination("d0"), MakeDestination("d1")},
                             {MakeSubscription({"session.*"}, {"d0"}, location("Sofia")),
                              MakeSubscription({"session.create"}, {"d0"}, location("Varna")),
                              MakeSubscription({"session.*"}, {"d1"}, location("Ruse")),
                              MakeSubscription({"session.delete"}, {"d1"})});
  const auto sofia = MakeEvent("session.create", R"({"location":"Sofia"})");
  const auto varna = MakeEvent("session.create", R"({"location":"Varna"})");
  const auto gone = MakeEvent("session.delete", R"({"location":"Varna"})");
  EXPECT_THAT(MatchAll(*table, *sofia), ElementsAre(0));
  EXPECT_THAT(MatchAll(*table, *varna), ElementsAre(0));
  EXPECT_THAT(MatchAll(*table, *gone), ElementsAre(1));
  EXPECT_TRUE(table->Matches(*gone, 1));
  EXPECT_FALSE(table->Matches(*gone, 0));
  EXPECT_FALSE(table->Matches(*sofia, 1));
}

TEST(RoutingTable, MoreRoutesThanAreKeptForLookupAreMatched) {
  // 1,500 destinations with the same prefix over 1,500 types are more than the table resolves.
  std::vector<model::Destination> destinations;
  std::vector<std::string> names;
  for (int i = 0; i < 1'500; ++i) {
    names.push_back("d" + std::to_string(i));
    destinations.push_back(MakeDestination(names.back()));
  }
  std::vector<std::string> types;
  for (int i = 0; i < 1'500; ++i) types.push_back("t." + std::to_string(i));
  const auto table = Compile(std::move(destinations), {MakeSubscription({"t.*"}, names)}, types);
  EXPECT_EQ(MatchAll(*table, *MakeEvent("t.7")).size(), names.size());
  EXPECT_THAT(MatchAll(*table, *MakeEvent("u.7")), IsEmpty());
}

TEST(RoutingTable, IndexOutsideTheTableIsWantedByNothing) {
  const auto table = Compile({MakeDestination("d0")}, {MakeSubscription({"*"}, {"d0"})});
  EXPECT_FALSE(table->Matches(*MakeEvent("a.b.c"), 1));
}

}  // namespace
}  // namespace carillon::routing
