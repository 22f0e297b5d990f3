// The event log: appended, read, followed.

#include "store_test.h"

namespace carillon::store {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

TEST_P(StoreTest, PositionsAscend) {
  Start();
  const auto first = Append({"a", "b"});
  const auto second = Append({"c"});
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_EQ(first->size(), 2u);
  EXPECT_GT(first->at(0).position, 0u);
  EXPECT_GT(first->at(1).position, first->at(0).position);
  EXPECT_GT(second->at(0).position, first->at(1).position);
}

TEST_P(StoreTest, AnIdThatIsKnownIsNotStoredAgain) {
  Start();
  const uint64_t a = AppendOne("a");
  const auto again = Append({"b", "a"});
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->at(0).duplicate);
  EXPECT_TRUE(again->at(1).duplicate);
  EXPECT_EQ(again->at(1).position, a);
  EXPECT_THAT(Positions(), ElementsAre(a, again->at(0).position));
}

TEST_P(StoreTest, AnIdTwiceInOneCallIsStoredOnce) {
  Start();
  const auto both = Append({"a", "a"});
  ASSERT_TRUE(both.ok());
  EXPECT_FALSE(both->at(0).duplicate);
  EXPECT_TRUE(both->at(1).duplicate);
  EXPECT_EQ(both->at(1).position, both->at(0).position);
  EXPECT_EQ(Positions().size(), 1u);
}

TEST_P(StoreTest, AnIdIsItsTenantsOwn) {
  Start();
  const uint64_t a = AppendOne("a");
  const auto others = Append({"a"}, 10, "globex");
  ASSERT_TRUE(others.ok()) << others.status();
  EXPECT_FALSE(others->at(0).duplicate);
  EXPECT_THAT(Positions(), ElementsAre(a, others->at(0).position));
  const auto again = Append({"a"}, 10, "globex");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->at(0).duplicate);
  EXPECT_EQ(again->at(0).position, others->at(0).position);
}

TEST_P(StoreTest, ToAppendNothingIsAnswered) {
  Start();
  const auto nothing = Append({});
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_TRUE(nothing->empty());
}

TEST_P(StoreTest, ReadBringsTheEventsAsTheyWere) {
  Start();
  AppendOne("a");
  const uint64_t b = AppendOne("b", 500);
  const EventBatchPtr batch = Read(b);
  ASSERT_EQ(batch->events.size(), 1u);
  const model::Event& event = *batch->events.front();
  EXPECT_EQ(event.position(), b);
  EXPECT_EQ(event.id(), "b");
  EXPECT_EQ(event.tenant(), "acme");
  EXPECT_EQ(event.payload(), "\"b" + std::string(500, 'x') + "\"");
}

TEST_P(StoreTest, ReadStopsAtItsBytesAndBringsOneAtLeast) {
  Start();
  const std::vector<uint64_t> all = AppendSome(20);
  const EventBatchPtr one = Read(all[3], 1);
  ASSERT_EQ(one->events.size(), 1u);
  EXPECT_EQ(one->events.front()->position(), all[3]);
  EXPECT_LT(one->last, all[4]) << "it does not cover what it does not bring";
  const EventBatchPtr some = Read(1, 1000);
  EXPECT_GT(some->events.size(), 1u);
  EXPECT_LT(some->events.size(), 20u);
  EXPECT_THAT(Positions(), ElementsAreArray(all));
}

TEST_P(StoreTest, AboveTheEndThereIsNothing) {
  Start();
  const auto nothing = [&](uint64_t from) {
    const EventBatchPtr batch = Read(from);
    EXPECT_TRUE(batch->events.empty());
    EXPECT_EQ(batch->first, from);
    return batch->last;
  };
  EXPECT_EQ(nothing(1), 0u);
  const uint64_t a = AppendOne("a");
  const uint64_t end = nothing(a + 1);
  EXPECT_GE(end, a);
  EXPECT_EQ(nothing(end + 1), end);
  EXPECT_EQ(nothing(end + 1'000'000), end + 999'999) << "it is not known what comes there";
}

TEST_P(StoreTest, AReadCoversAllThatConsumersWereTold) {
  Start();
  Follower follower;
  stores().events.AddConsumer(&follower);
  for (int i = 0; i < 10; ++i) {
    const std::vector<uint64_t> some = AppendSome(3);
    EXPECT_GE(follower.covered(), some.back());
    const EventBatchPtr batch = Read(some[0]);
    EXPECT_EQ(batch->first, some[0]);
    EXPECT_GE(batch->last, follower.covered());
    EXPECT_EQ(batch->events.size(), 3u);
  }
  stores().events.RemoveConsumer(&follower);
}

TEST_P(StoreTest, ConsumersAreToldOfAllInOrderBeforePublishersAre) {
  Start();
  Follower one;
  Follower other;
  stores().events.AddConsumer(&one);
  stores().events.AddConsumer(&other);
  std::vector<uint64_t> all;
  for (int i = 0; i < 20; ++i) {
    all.push_back(AppendOne("e" + std::to_string(i)));
    EXPECT_THAT(one.positions(), ElementsAreArray(all));
  }
  EXPECT_THAT(other.positions(), ElementsAreArray(all));
  EXPECT_EQ(one.joined(), 0u);
  stores().events.RemoveConsumer(&one);
  stores().events.RemoveConsumer(&other);
}

TEST_P(StoreTest, WhoJoinsLaterIsToldWhereTheLogStands) {
  Start();
  const std::vector<uint64_t> before = AppendSome(5);
  Follower late;
  stores().events.AddConsumer(&late);
  ASSERT_TRUE(late.joined().has_value());
  EXPECT_GE(*late.joined(), before.back());
  EXPECT_THAT(Positions(), ElementsAreArray(before)) << "all up to there can be read";
  const std::vector<uint64_t> after = AppendSome(3);
  EXPECT_THAT(late.positions(), ElementsAreArray(after)) << "and all others are told";
  stores().events.RemoveConsumer(&late);
}

TEST_P(StoreTest, WhoWasRemovedIsToldNothing) {
  Start();
  Follower gone;
  Follower stays;
  stores().events.AddConsumer(&gone);
  stores().events.AddConsumer(&stays);
  const uint64_t a = AppendOne("a");
  stores().events.RemoveConsumer(&gone);
  stores().events.RemoveConsumer(&gone);  // again: nothing happens
  const uint64_t b = AppendOne("b");
  EXPECT_THAT(gone.positions(), ElementsAre(a));
  EXPECT_THAT(stays.positions(), ElementsAre(a, b));
  stores().events.RemoveConsumer(&stays);
}

TEST_P(StoreTest, WhatWasAnsweredIsThereForever) {
  Start();
  const std::vector<uint64_t> before = AppendSome(10);
  Restart();
  EXPECT_THAT(Positions(), ElementsAreArray(before));
  EXPECT_GT(AppendOne("new"), before.back()) << "no position is used twice";
}

TEST_P(StoreTest, IdsAreKnownAfterARestart) {
  Start();
  const uint64_t a = AppendOne("a");
  Restart();
  const auto again = Append({"a"});
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->at(0).duplicate);
  EXPECT_EQ(again->at(0).position, a);
}

TEST_P(StoreTest, AFollowerJoinsAfterARestartWhereTheLogStands) {
  Start();
  const std::vector<uint64_t> before = AppendSome(4);
  Restart();
  Follower follower;
  stores().events.AddConsumer(&follower);
  ASSERT_TRUE(follower.joined().has_value());
  EXPECT_GE(*follower.joined(), before.back());
  EXPECT_THAT(follower.positions(), IsEmpty());
  stores().events.RemoveConsumer(&follower);
}

}  // namespace
}  // namespace carillon::store
