#include "table_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>

namespace carillon::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TableSetTest : public testing::Test {
 protected:
  /// `t/a`.
  static model::Destination Named(const std::string& full, std::string url = "http://h/") {
    model::Destination destination;
    destination.tenant = full.substr(0, full.find('/'));
    destination.name = full.substr(full.find('/') + 1);
    destination.url = std::move(url);
    return destination;
  }
  static model::Subscription ToAll(const std::string& tenant) {
    return {tenant, "s", {"*"}, {"a", "b", "c"}, {}};
  }
  resource::SnapshotPtr Make(std::vector<model::Destination> destinations,
                             std::vector<model::Subscription> subscriptions = {}) {
    return resource::MakeSnapshot(++revision_, {}, {"x"}, std::move(destinations),
                                  std::move(subscriptions), before_.get());
  }
  TableSet::Plan Apply(TableSet& tables, resource::SnapshotPtr snapshot) {
    before_ = std::move(snapshot);
    TableSet::Plan plan = tables.MakePlan(before_);
    TableSet::Plan shown = plan;
    tables.Take(std::move(plan));
    return shown;
  }

  uint64_t revision_ = 0;
  resource::SnapshotPtr before_;
};

TEST_F(TableSetTest, EachShardGetsWhatChangesThere) {
  TableSet tables(2);
  auto plan = Apply(tables, Make({Named("t/a"), Named("t/b"), Named("t/c")}, {ToAll("t")}));
  EXPECT_THAT(plan.shards[0].places, ElementsAre(0, 1));
  EXPECT_THAT(plan.shards[1].places, ElementsAre(0));
  plan = Apply(tables, Make({Named("t/a"), Named("t/b", "http://i/"), Named("t/c")}, {ToAll("t")}));
  EXPECT_FALSE(plan.shards[0].changed);
  EXPECT_THAT(plan.shards[0].places, IsEmpty());
  EXPECT_TRUE(plan.shards[1].changed);
  EXPECT_THAT(plan.shards[1].places, ElementsAre(0));
  EXPECT_EQ(plan.shards[1].table->at(0)->url, "http://i/");
  plan = Apply(tables, Make({Named("t/b", "http://i/"), Named("t/c")}, {ToAll("t")}));
  EXPECT_THAT(plan.shards[0].places, ElementsAre(0));
  EXPECT_EQ(plan.shards[0].table->at(0), nullptr);
  EXPECT_FALSE(plan.shards[1].changed);
  EXPECT_EQ(plan.placement.removed[0].first, Placement::FullName("t", "a"));
}

TEST_F(TableSetTest, ARenamedOneIsAnotherAtAnotherPlace) {
  TableSet tables(1);
  Apply(tables, Make({Named("t/a"), Named("t/b")}));
  const auto plan = Apply(tables, Make({Named("t/b"), Named("t/c")}));
  EXPECT_THAT(plan.shards[0].places, ElementsAre(0, 2));
  EXPECT_EQ(plan.shards[0].table->at(0), nullptr);
  EXPECT_EQ(plan.shards[0].table->at(1)->name, "b");
  EXPECT_EQ(plan.shards[0].table->at(2)->name, "c");
}

TEST_F(TableSetTest, WhatIsTheSameAsksNobody) {
  TableSet tables(2);
  const auto all = [] { return std::vector{Named("t/a"), Named("u/a")}; };
  Apply(tables, Make(all(), {ToAll("t"), ToAll("u")}));
  const auto plan = Apply(tables, Make(all(), {ToAll("u"), ToAll("t")}));
  EXPECT_EQ(plan.compared, 0u);
  for (const auto& shard : plan.shards) EXPECT_FALSE(shard.changed);
}

TEST_F(TableSetTest, SubscriptionsAreKnownToEveryThread) {
  TableSet tables(2);
  Apply(tables, Make({Named("t/a"), Named("t/b")}));
  model::Subscription operational = ToAll("t");
  operational.types = {"destination.disabled"};
  const auto plan = Apply(tables, Make({Named("t/a"), Named("t/b")}, {operational}));
  for (const auto& shard : plan.shards) {
    EXPECT_TRUE(shard.changed);
    EXPECT_THAT(shard.places, IsEmpty()) << "no lane is touched";
    EXPECT_EQ(shard.table->compiled_tenants(), 1u);
    EXPECT_TRUE(shard.table->IsSubscribed("t", "destination.disabled"));
  }
}

TEST_F(TableSetTest, APlanThatIsDroppedChangesNothing) {
  TableSet tables(1);
  Apply(tables, Make({Named("t/a")}));
  tables.MakePlan(Make({Named("t/b")}));
  const auto plan = tables.MakePlan(Make({Named("t/a"), Named("t/c")}));
  EXPECT_THAT(plan.shards[0].places, ElementsAre(1));
}

// Counts what is looked at. The time is printed, to be compared by people: see docs/benchmarks.md.
TEST_F(TableSetTest, OneChangeAmongManyTakesNoMoreThanItChanges) {
  constexpr int kTenants = 10'000;
  constexpr int kEach = 10;
  std::vector<model::Destination> destinations;
  std::vector<model::Subscription> subscriptions;
  for (int t = 0; t < kTenants; ++t) {
    const std::string tenant = "tenant" + std::to_string(t);
    for (int d = 0; d < kEach; ++d)
      destinations.push_back(Named(tenant + "/d" + std::to_string(d)));
    subscriptions.push_back(ToAll(tenant));
  }
  TableSet tables(2);
  Apply(tables, Make(std::move(destinations), std::move(subscriptions)));
  // As a source does that knows what it changes.
  auto next = std::make_shared<resource::Snapshot>(*before_);
  auto tenant = std::make_shared<resource::TenantResources>(*next->tenants[777]);
  auto changed = std::make_shared<model::Destination>(*tenant->destinations[3].value);
  changed->url = "http://elsewhere/";
  next->revision = ++revision_;
  tenant->destinations[3] = {changed, revision_};
  next->tenants[777] = tenant;
  const auto start = std::chrono::steady_clock::now();
  const auto plan = Apply(tables, next);
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
  std::printf("one of %d destinations changed: planned in %.0f us\n", kTenants * kEach,
              took.count());
  EXPECT_EQ(plan.compared, 2u * (kEach + 1)) << "those of its tenant";
  EXPECT_EQ(plan.shards[0].places.size() + plan.shards[1].places.size(), 1u);
  EXPECT_EQ(plan.shards[0].table->compiled_tenants(), plan.shards[0].changed ? 0u : 10'000u);
}

}  // namespace
}  // namespace carillon::engine
