// Snapshots, and what is different between two of them.

#include "carillon/resource/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "carillon/resource/difference.h"
#include "resource_fixtures.h"

namespace carillon::resource {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// `+t/a`, `~t/a`, `-t/a`, and `*t` for other subscriptions.
std::vector<std::string> Told(const SnapshotPtr& before, const SnapshotPtr& after) {
  const Difference difference = Compare(*before, *after);
  std::vector<std::string> told;
  for (const auto& d : difference.added) told.push_back("+" + d->tenant + "/" + d->name);
  for (const auto& d : difference.changed) told.push_back("~" + d->tenant + "/" + d->name);
  for (const auto& d : difference.removed) told.push_back("-" + d.tenant + "/" + d.name);
  for (const auto& s : difference.subscriptions) told.push_back("*" + s.tenant);
  return told;
}

TEST(Snapshot, IsSortedAndCounted) {
  const SnapshotPtr snapshot = Make(1, {Named("u/a"), Named("t/b"), Named("t/a")}, {ToAll("v/s")});
  std::vector<std::string> names;
  snapshot->ForEachDestination(
      [&](const model::Destination& d) { names.push_back(d.tenant + "/" + d.name); });
  EXPECT_THAT(names, ElementsAre("t/a", "t/b", "u/a"));
  EXPECT_EQ(snapshot->destinations(), 3u);
  EXPECT_EQ(snapshot->subscriptions(), 1u);
  EXPECT_EQ(snapshot->tenants.size(), 3u);
  EXPECT_EQ(Make(1, {Named("t/a"), Named("t/b")})->destinations(), 2u);
}

TEST(Snapshot, ATenantThatLostOneIsAnother) {
  const SnapshotPtr first = Make(1, {Named("t/a"), Named("t/b")});
  EXPECT_EQ(Make(2, {Named("t/a")}, {}, first)->destinations(), 1u);
}

TEST(Snapshot, OtherTypesAreOthers) {
  const SnapshotPtr first = Make(1, {});
  EXPECT_THAT(*MakeSnapshot(2, {}, {"x"}, {}, {}, first.get())->types, ElementsAre("x"));
}

TEST(Snapshot, WhatIsEqualIsSharedAndKeepsItsRevision) {
  const SnapshotPtr first = Make(1, {Named("t/a"), Named("t/b"), Named("u/a")}, {ToAll("t/s")});
  const SnapshotPtr second =
      Make(2, {Named("u/a"), Named("t/b", "http://i/"), Named("t/a")}, {ToAll("t/s")}, first);
  EXPECT_EQ(second->types, first->types);
  EXPECT_EQ(second->tenants[1], first->tenants[1]) << "u has the same";
  const auto& before = first->tenants[0]->destinations;
  const auto& after = second->tenants[0]->destinations;
  EXPECT_EQ(after[0].value, before[0].value);
  EXPECT_EQ(after[0].revision, 1u);
  EXPECT_NE(after[1].value, before[1].value);
  EXPECT_EQ(after[1].revision, 2u);
  EXPECT_EQ(second->tenants[0]->subscriptions[0].revision, 1u);
}

model::Tenant MadeTenant(const std::string& name, uint32_t in_flight) {
  model::Tenant tenant;
  tenant.name = name;
  tenant.limits.max_in_flight = in_flight;
  return tenant;
}

SnapshotPtr MakeWith(uint64_t revision, std::vector<model::Tenant> tenants,
                     const SnapshotPtr& before = nullptr) {
  return MakeSnapshot(revision, {}, {}, {Named("t/a"), Named("u/a")}, {}, before.get(),
                      std::move(tenants));
}

TEST(Snapshot, ATenantWhoseLimitsAreOthersIsAnother) {
  const SnapshotPtr first = MakeWith(1, {MadeTenant("t", 1), MadeTenant("v", 1)});
  EXPECT_EQ(MakeWith(2, {MadeTenant("v", 1), MadeTenant("t", 1)}, first)->tenants, first->tenants);
  const SnapshotPtr second = MakeWith(2, {MadeTenant("t", 2), MadeTenant("v", 1)}, first);
  EXPECT_NE(second->tenants[0], first->tenants[0]);
  EXPECT_EQ(second->tenants[1], first->tenants[1]);
  EXPECT_EQ(second->tenants[2], first->tenants[2]) << "v has nothing and is there";
  EXPECT_EQ(second->tenants[0]->destinations[0].revision, 1u);
  std::vector<std::string> others;
  ForEachOtherTenant(first.get(), *second, [&](const TenantPtr& was, const TenantPtr& is) {
    others.push_back(is->tenant);
    EXPECT_EQ(was->tenant, is->tenant);
  });
  EXPECT_THAT(others, ElementsAre("t"));
  EXPECT_THAT(Told(first, second), IsEmpty()) << "its destinations are the same";
}

TEST(Snapshot, TenantsOfAllLayersAreThereOnceInTheirOrder) {
  const auto of = [](const std::vector<std::string>& tenants) {
    std::vector<model::Destination> destinations;
    for (const std::string& tenant : tenants) destinations.push_back(Named(tenant + "/a"));
    return Make(1, std::move(destinations));
  };
  const auto merge = [&](const std::vector<std::vector<std::string>>& layers) {
    std::vector<Layer> parts;
    for (const auto& tenants : layers) parts.push_back({"one", of(tenants)});
    std::vector<std::string> names;
    const auto merged = Merge(parts, 5);
    EXPECT_TRUE(merged.ok()) << merged.status();
    for (const TenantPtr& tenant : (*merged)->tenants) names.push_back(tenant->tenant);
    return names;
  };
  EXPECT_THAT(merge({{}, {"a", "b"}}), ElementsAre("a", "b"));
  EXPECT_THAT(merge({{"a", "b"}, {}}), ElementsAre("a", "b"));
  EXPECT_THAT(merge({{}, {}}), IsEmpty());
  EXPECT_THAT(merge({{"b"}, {"a", "c", "d"}}), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(merge({{"a", "c", "g"}, {"b"}, {"d", "e"}}),
              ElementsAre("a", "b", "c", "d", "e", "g"));
}

TEST(Snapshot, ATenantIsOfOneLayer) {
  const SnapshotPtr file = MakeWith(1, {MadeTenant("t", 1)});
  const SnapshotPtr api = MakeSnapshot(1, {}, {}, {}, {}, nullptr, {MadeTenant("w", 3)});
  const auto merged = Merge({{"the file", file}, {"the API", api}}, 5);
  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_EQ(FindTenant(**merged, "t")->made.value->limits.max_in_flight, 1u);
  EXPECT_EQ(FindTenant(**merged, "w")->made.value->limits.max_in_flight, 3u);
  EXPECT_EQ(FindTenant(**merged, "u")->made.value, nullptr);
  EXPECT_EQ(FindTenant(**merged, "x"), nullptr);
  const SnapshotPtr both = MakeSnapshot(1, {}, {}, {}, {}, nullptr, {MadeTenant("t", 3)});
  const auto clash = Merge({{"the file", file}, {"the API", both}}, 5);
  EXPECT_EQ(clash.status().message(), "the tenant 't' of the API is in the file already");
}

TEST(Difference, AddedChangedRemovedRenamedUnchanged) {
  const SnapshotPtr first = Make(1, {Named("t/a"), Named("t/b"), Named("t/c"), Named("u/a")});
  EXPECT_THAT(Told(first, first), IsEmpty());
  EXPECT_THAT(
      Told(first, Make(2, {Named("u/a"), Named("t/c"), Named("t/b"), Named("t/a")}, {}, first)),
      IsEmpty())
      << "in another order";
  const SnapshotPtr second =
      Make(2, {Named("t/a"), Named("t/b", "http://i/"), Named("t/d"), Named("v/a")}, {}, first);
  EXPECT_THAT(Told(first, second), ElementsAre("+t/d", "+v/a", "~t/b", "-t/c", "-u/a"));
  EXPECT_THAT(Told(second, first), ElementsAre("+t/c", "+u/a", "~t/b", "-t/d", "-v/a"));
}

TEST(Difference, SubscriptionsAreToldByTenant) {
  const SnapshotPtr first = Make(1, {Named("t/a")}, {ToAll("t/r"), ToAll("t/s"), ToAll("u/s")});
  model::Subscription other = ToAll("t/s");
  other.types = {"x"};
  const SnapshotPtr second = Make(2, {Named("t/a")}, {ToAll("t/r"), other, ToAll("u/s")}, first);
  EXPECT_THAT(Told(first, second), ElementsAre("*t"));
  const SnapshotPtr third = Make(3, {Named("t/a")}, {ToAll("t/r"), other}, second);
  EXPECT_THAT(Told(second, third), ElementsAre("*u"));
  EXPECT_EQ(Compare(*second, *third).subscriptions[0].now, nullptr);
  EXPECT_THAT(Told(third, Make(4, {Named("t/a")}, {ToAll("t/r"), other, ToAll("n/s")}, third)),
              ElementsAre("*n"));
}

// Nobody promises that two sources count alike.
TEST(Difference, OfEqualRevisionsOfTwoSourcesTheValuesAreCompared) {
  EXPECT_THAT(Told(Make(1, {Named("t/a")}), Make(1, {Named("t/a", "http://i/")})),
              ElementsAre("~t/a"));
  EXPECT_THAT(Told(Make(1, {Named("t/a")}), Make(1, {Named("t/a")})), IsEmpty());
}

TEST(Difference, WhatIsSharedIsNotLookedAt) {
  std::vector<model::Destination> destinations;
  for (int i = 0; i < 3'000; ++i) destinations.push_back(Named("t" + std::to_string(i) + "/a"));
  const SnapshotPtr first = Make(1, destinations);
  destinations[1234].url = "http://elsewhere/";
  const Difference difference = Compare(*first, *Make(2, destinations, {}, first));
  EXPECT_EQ(difference.compared, 2u);
  ASSERT_EQ(difference.changed.size(), 1u);
  EXPECT_EQ(difference.changed[0]->tenant, "t1234");
}

TEST(Difference, OfTypes) {
  const SnapshotPtr first = Make(1, {});
  EXPECT_FALSE(Compare(*first, *Make(2, {})).types) << "another list with the same";
  EXPECT_TRUE(Compare(*first, *MakeSnapshot(2, {}, {"x"}, {}, {}, nullptr)).types);
}

}  // namespace
}  // namespace carillon::resource
