// What a destination has left: reported figure by figure, and exactly what dies when it is taken
// out.

#include "dispatcher_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class PendingTest : public DispatcherTest {
 protected:
  PendingTest() {
    a_.retry.delays = {hours(1)};
    a_.retry.jitter = 0;
    a_.breaker.reset();
  }
  model::Pending Ask() {
    std::optional<model::PendingReport> report;
    dispatcher_->ListPending([&report](model::PendingReport r) { report = std::move(r); });
    while (!report && executor_.Step()) {
    }
    EXPECT_TRUE(report);
    if (!report || report->destinations.size() != 1) return {};
    return report->destinations[0];
  }
  uint64_t TakeOut() {
    EXPECT_TRUE(SetTable({Named("other")}).ok());
    std::optional<uint64_t> removed;
    dispatcher_->AwaitRemovals([&removed](uint64_t deliveries) { removed = deliveries; });
    while (!removed && executor_.Step()) {
    }
    return removed.value_or(UINT64_MAX);
  }
  void PublishMany(int count) {
    for (int i = 0; i < count; ++i) Publish("e" + std::to_string(++published_));
  }

  model::Destination a_ = Named("a");
  int published_ = 0;
};

TEST_F(PendingTest, NothingIsLeftOfWhatWasDelivered) {
  ASSERT_TRUE(SetTable({a_}).ok());
  PublishMany(3);
  RunFor(seconds(1));
  const model::Pending left = Ask();
  EXPECT_EQ(left.tenant, "t");
  EXPECT_EQ(left.name, "a");
  EXPECT_EQ(left.counted(), 0u);
  EXPECT_TRUE(left.behind.has_value());
  EXPECT_EQ(TakeOut(), 0u);
}

TEST_F(PendingTest, OfOneTheSameIsCountedAsOfAll) {
  ASSERT_TRUE(SetTable({a_, Named("b")}).ok());
  end_.status = 500;
  PublishMany(3);
  RunFor(seconds(1));
  const std::vector<LanePlace> lanes{{.place = 0, .tenant = "t", .name = "a"}};
  dispatcher_->Command({.place = 0, .tenant = "t", .name = "a", .command = LaneCommand::kDisable},
                       [](const absl::Status&) {});
  PublishMany(40);
  RunFor(seconds(1));
  std::optional<model::Pending> one;
  dispatcher_->CountPending(lanes[0], [&one](auto counted) { one = std::move(counted); });
  std::optional<model::PendingReport> all;
  dispatcher_->ListPending([&all](model::PendingReport report) { all = std::move(report); });
  while ((!one || !all) && executor_.Step()) {
  }
  ASSERT_TRUE(one && all);
  EXPECT_EQ(one->name, "a");
  EXPECT_EQ(one->parked, 3u);
  EXPECT_EQ(one->behind, 40u);
  for (const model::Pending& each : all->destinations) {
    if (each.name == "a") EXPECT_EQ(each.counted(), one->counted());
  }
  bool told = false;
  dispatcher_->CountPending({.place = 0, .tenant = "t", .name = "b"}, [&told](const auto& counted) {
    told = true;
    EXPECT_FALSE(counted.has_value()) << "it stands elsewhere";
  });
  EXPECT_TRUE(told);
}

TEST_F(PendingTest, RetriesAreParked) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(10);
  RunFor(seconds(5));
  const model::Pending left = Ask();
  EXPECT_EQ(left.parked, 10u);
  EXPECT_EQ(left.counted(), 10u);
  EXPECT_EQ(TakeOut(), 10u);
}

TEST_F(PendingTest, WhatADisabledOneWantsLiesBehindItsCursor) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 410;
  PublishMany(1);
  RunFor(seconds(1));
  end_.status = 200;
  PublishMany(3'000);
  RunFor(seconds(5));
  const model::Pending left = Ask();
  EXPECT_EQ(left.behind, 3'000u);
  const uint64_t counted = left.counted();
  EXPECT_EQ(TakeOut(), counted);
}

TEST_F(PendingTest, EachIsBehindFromItsOwnCursorOn) {
  model::Destination b = Named("b");
  a_.enabled = false;
  ASSERT_TRUE(SetTable({a_, b}).ok());
  PublishMany(5);
  RunFor(seconds(5));
  b.enabled = false;
  ASSERT_TRUE(SetTable({a_, b}).ok());
  PublishMany(5);
  RunFor(seconds(5));
  std::map<std::string, std::optional<uint64_t>> behind;
  bool told = false;
  dispatcher_->ListPending([&](const model::PendingReport& report) {
    for (const model::Pending& each : report.destinations) behind[each.name] = each.behind;
    told = true;
  });
  while (!told && executor_.Step()) {
  }
  EXPECT_EQ(behind["a"], 10u);
  EXPECT_EQ(behind["b"], 5u);
}

TEST_F(PendingTest, ARetryInFlightDiesWithItsDestinationWhenItFails) {
  a_.retry.delays = {seconds(1)};
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 500;
  PublishMany(1);
  RunFor(milliseconds(500));
  end_.after = seconds(10);
  RunFor(seconds(2));
  ASSERT_EQ(courier_.flights.size(), 1u);
  const auto figures = metrics_.lanes["t/a"];
  ASSERT_TRUE(SetTable({Named("other")}).ok());
  RunFor(seconds(60));
  EXPECT_TRUE(store_.dead.contains({1, 1}));
  EXPECT_EQ(figures->dead, 1u);
  EXPECT_EQ(store_.settled.at({1, 1}), 1u) << "the second settles nothing: its row stayed";
  EXPECT_TRUE(store_.parked.empty());
}

TEST_F(PendingTest, WhatWasDeliveredBehindItsCursorDoesNotDie) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.after = hours(1);
  PublishMany(1);
  RunFor(milliseconds(100));
  end_ = {};
  PublishMany(20);
  RunFor(seconds(100));  // a cursor takes the place of what is under way
  EXPECT_EQ(store_.delivered.size(), 20u);
  EXPECT_EQ(store_.lanes.at(1).cursor, 1u);
  executor_.Clear();
  courier_.flights.clear();
  dispatcher_.reset();
  Create();
  a_.enabled = false;
  ASSERT_TRUE(SetTable({a_}).ok());
  EXPECT_EQ(Ask().counted(), 1u);
  EXPECT_EQ(TakeOut(), 1u);
}

TEST_F(PendingTest, WhatIsAcceptedAfterTheChangeDoesNotDieOfIt) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 410;
  PublishMany(1);
  RunFor(seconds(1));
  PublishMany(30);
  RunFor(seconds(5));
  const uint64_t counted = Ask().counted();
  ASSERT_TRUE(SetTable({Named("other")}).ok());
  PublishMany(30);  // while what lay behind is being counted
  std::optional<uint64_t> removed;
  dispatcher_->AwaitRemovals([&removed](uint64_t deliveries) { removed = deliveries; });
  EXPECT_FALSE(removed);
  RunFor(seconds(5));
  EXPECT_EQ(removed, counted);
  EXPECT_EQ(metrics_.lanes["t/a"]->dead, counted);
  EXPECT_EQ(metrics_.given_up[static_cast<size_t>(metrics::GivenUp::kRemoved)], counted);
}

// It is in the journal when the change comes, but not routed yet.
TEST_F(PendingTest, WhatIsRoutedAfterTheChangeDoesNotDieOfIt) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 410;
  PublishMany(1);
  RunFor(seconds(1));
  PublishMany(30);
  RunFor(seconds(5));
  const uint64_t counted = Ask().counted();
  PublishMany(30);
  ASSERT_TRUE(SetTable({Named("other")}).ok());
  ASSERT_EQ(store_.last(), 61u);
  std::optional<uint64_t> removed;
  dispatcher_->AwaitRemovals([&removed](uint64_t deliveries) { removed = deliveries; });
  RunFor(seconds(5));
  EXPECT_EQ(removed, counted);
}

TEST_F(PendingTest, ThatWhichWouldTakeTooMuchReadingIsNotCounted) {
  a_.enabled = false;
  ASSERT_TRUE(SetTable({a_}).ok());
  for (uint64_t bytes = 0; bytes <= PendingReporter::kBytes; bytes += 4u << 20) {
    journal_->Append({model::Event::Create({.id = "large" + std::to_string(bytes),
                                            .type = "a",
                                            .tenant = "t",
                                            .payload = std::string(4u << 20, '1')})},
                     {});
  }
  PublishMany(1);
  RunFor(seconds(5));
  EXPECT_FALSE(Ask().behind.has_value());
}

TEST_F(PendingTest, ThatOfOneTooFarBehindIsNotCounted) {
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.status = 410;
  PublishMany(1);
  RunFor(seconds(1));
  PublishMany(262'200);
  RunFor(seconds(5));
  const model::Pending left = Ask();
  EXPECT_FALSE(left.behind.has_value());
  EXPECT_LE(left.behind_from, 2u);
  EXPECT_GE(left.behind_from, 1u);
}

TEST_F(PendingTest, EachOfThoseUnderWayAndThoseThatWaitIsCountedOnce) {
  a_.concurrency = 2;
  ASSERT_TRUE(SetTable({a_}).ok());
  end_.after = hours(1);
  PublishMany(20);
  RunFor(milliseconds(100));
  const model::Pending left = Ask();
  EXPECT_EQ(left.in_flight, 2u);
  EXPECT_EQ(left.in_memory, 18u);
  EXPECT_EQ(left.counted(), 20u);
  EXPECT_EQ(TakeOut(), 20u);
}

TEST_F(PendingTest, WithoutATableThereAreNone) {
  bool told = false;
  dispatcher_->ListPending([&told](const model::PendingReport& report) {
    told = true;
    EXPECT_TRUE(report.destinations.empty());
  });
  while (!told && executor_.Step()) {
  }
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace carillon::delivery
