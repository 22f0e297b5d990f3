#include "lane.h"

#include <gtest/gtest.h>

#include "ordering_group.h"
#include "sim_parts.h"

namespace carillon::delivery {
namespace {

class LaneTest : public testing::Test {
 protected:
  LaneTest() {
    model::Destination destination;
    destination.tenant = "t";
    destination.name = "d";
    destination.concurrency = 2;
    table_ = std::make_shared<SimTable>(
        std::vector{destination}, [](const std::string&, const model::Event&) { return true; });
  }

  std::unique_ptr<Lane> MakeLane(const store::LaneState& state = {.lane = 1}) {
    auto lane = std::make_unique<Lane>(state, LaneBounds{.bytes = 10 * size_, .floor_bytes = size_},
                                       tracker_, std::make_shared<metrics::LaneMetrics>());
    lane->Bind(*table_, 0, base::MonoTime{});
    return lane;
  }
  void UseKeys() {
    model::Destination destination;
    destination.order.by = model::Ordering::kKey;
    Use(std::move(destination));
  }
  /// What is made from now on has such a destination.
  void Use(model::Destination destination) {
    destination.tenant = "t";
    destination.name = "d";
    destination.concurrency = 2;
    table_ =
        std::make_shared<SimTable>(std::vector{std::move(destination)},
                                   [](const std::string&, const model::Event&) { return true; });
  }
  HeldRef Hold(uint64_t position, std::string_view key = "") {
    auto event = model::Event::Create(
        {.id = "e", .type = "a", .tenant = "t", .ordering_key = key, .payload = "{}"});
    event->Accept(position, base::FromUnixNanos(static_cast<int64_t>(position)));
    return held_.Hold(event);
  }
  /// Routed: with a slot of the tracker.
  void Enqueue(Lane& lane, uint64_t first, uint64_t last, std::string_view key = "") {
    for (uint64_t p = first; p <= last; ++p) lane.Enqueue(Hold(p, key), tracker_.Add(p, 1));
  }
  /// One in flight and one that waits behind it in order, then one that is fresh.
  Attempt& StartInOrder(Lane& lane) {
    Enqueue(lane, 1, 2, "k");
    Enqueue(lane, 3, 4);
    Attempt& first = Start(lane);
    EXPECT_EQ(Start(lane).deliveries.position(), 3u) << "on the way to it, 2 was put behind 1";
    return first;
  }
  Attempt& Start(Lane& lane) {
    Attempt& attempt = attempts_.Start(lane, lane.NextBatch(now_, wall_).value());
    lane.Started(attempt, now_);
    return attempt;
  }
  void Finish(Lane& lane, Attempt& attempt) {
    lane.Finished(attempt, Ending::kSettled);
    attempts_.Finish(attempt);
  }

  base::MonoTime now_{std::chrono::hours(1)};
  base::WallTime wall_{std::chrono::hours(1)};
  HeldEvents held_;
  Tracker tracker_;
  Attempts attempts_;
  std::shared_ptr<const routing::RoutingTable> table_;
  const size_t size_ =
      model::Event::Create({.id = "e", .type = "a", .tenant = "t", .payload = "{}"})->bytes();
};

TEST_F(LaneTest, StartsInOrderAndNoMoreThanItsConcurrency) {
  auto lane = MakeLane();
  EXPECT_FALSE(lane->Ready());
  Enqueue(*lane, 1, 3);
  Attempt& first = Start(*lane);
  EXPECT_EQ(first.deliveries.position(), 1u);
  Attempt& second = Start(*lane);
  EXPECT_FALSE(lane->Ready());
  Finish(*lane, second);
  EXPECT_EQ(tracker_.Watermark(4), 0u);  // the first is not settled
  EXPECT_TRUE(lane->Ready());
  EXPECT_EQ(Start(*lane).deliveries.position(), 3u);
  Finish(*lane, first);
  EXPECT_EQ(tracker_.Watermark(4), 2u);
}

TEST_F(LaneTest, NothingFreshGoesWhileTooManyGroupsAreUnderWay) {
  store::LaneState state{.lane = 1};
  for (uint64_t n = 1; n <= Groups::kMaxGroups; ++n) {
    state.groups.push_back({.group = kStrictGroup + n, .timed = 1});
  }
  auto lane = MakeLane(state);
  Enqueue(*lane, 1, 1);
  EXPECT_FALSE(lane->Ready());
  state.groups.pop_back();
  auto other = MakeLane(state);
  other->Enqueue(Hold(2), tracker_.Add(2, 1));
  EXPECT_TRUE(other->Ready());
}

TEST_F(LaneTest, FallingBehindHandsTheWatermarkOverToTheCursor) {
  auto lane = MakeLane();
  Enqueue(*lane, 1, 10);
  EXPECT_TRUE(lane->Full());
  Attempt& first = Start(*lane);
  EXPECT_EQ(lane->DurableCursor(), std::nullopt);
  EXPECT_EQ(tracker_.Watermark(11), 0u);

  lane->FallBehind(11);
  EXPECT_EQ(tracker_.Watermark(12), 11u);
  EXPECT_EQ(lane->DurableCursor(), 1u);  // still in flight
  EXPECT_FALSE(lane->WantsLive(12));
  EXPECT_FALSE(lane->NeedsRead());
  Finish(*lane, first);
  EXPECT_EQ(lane->DurableCursor(), 2u);

  for (int i = 0; i < 9; ++i) Finish(*lane, Start(*lane));
  EXPECT_TRUE(lane->NeedsRead());
  EXPECT_EQ(lane->DurableCursor(), 11u);
  lane->Enqueue(Hold(11), Tracker::kNone);
  lane->MoveCursor(12);
  lane->CatchUp();
  EXPECT_TRUE(lane->WantsLive(12));
  EXPECT_EQ(lane->DurableCursor(), 11u);  // until what was read for it is settled
  Finish(*lane, Start(*lane));
  EXPECT_EQ(lane->DurableCursor(), std::nullopt);
}

TEST_F(LaneTest, SheddingKeepsTheOldestAndReadsTheRestAgain) {
  auto lane = MakeLane();
  Enqueue(*lane, 1, 8);
  lane->Shed(3 * size_, 100);
  EXPECT_EQ(lane->fresh_bytes(), 3 * size_);
  EXPECT_EQ(lane->cursor(), 4u);
  EXPECT_EQ(lane->DurableCursor(), 1u);
  EXPECT_EQ(tracker_.Watermark(9), 8u);
  EXPECT_TRUE(lane->Full());  // its share is smaller now...
  while (lane->Ready()) Finish(*lane, Start(*lane));
  lane->CatchUp();
  Enqueue(*lane, 9, 17);
  EXPECT_FALSE(lane->Full());  // ...until it caught up
}

TEST_F(LaneTest, FreshComesBeforeRetriesButDoesNotStarveThem) {
  auto lane = MakeLane();
  Enqueue(*lane, 100, 109);
  lane->retries().Push({.first = {.event = Hold(1)}, .attempts = 1, .parked = true});
  EXPECT_EQ(lane->LowestUnsettled(), 100u);  // a parked delivery has its row
  int before = 0;
  while (true) {
    Attempt& attempt = Start(*lane);
    const bool parked = attempt.deliveries.parked;
    Finish(*lane, attempt);
    if (parked) break;
    ++before;
  }
  EXPECT_EQ(before, 7);
}

TEST_F(LaneTest, APausedLaneStartsNothingUntilItIsWoken) {
  auto lane = MakeLane();
  const base::MonoTime now{std::chrono::hours(1)};
  const std::chrono::seconds second(1);
  Enqueue(*lane, 1, 3);
  Attempt& first = Start(*lane);
  lane->pace().Pause(now + 10 * second);
  lane->pace().Pause(now + 5 * second);  // the longer one stays
  EXPECT_FALSE(lane->Ready());
  Finish(*lane, first);
  EXPECT_FALSE(lane->Ready());
  Enqueue(*lane, 4, 4);  // goes on to collect
  EXPECT_EQ(lane->WakeAt(), now + 10 * second);
  lane->Wake(now + 9 * second, {});
  EXPECT_FALSE(lane->Ready());
  lane->Wake(now + 10 * second, {});
  EXPECT_EQ(lane->WakeAt(), std::nullopt);
  EXPECT_EQ(Start(*lane).deliveries.position(), 2u);
}

TEST_F(LaneTest, RetriesOverTheBudgetWaitAndFreshOnesDoNot) {
  auto lane = MakeLane();
  for (uint64_t p = 1; p <= 12; ++p) {
    lane->retries().Push({.first = {.event = Hold(p)}, .attempts = 1, .parked = true});
  }
  for (int i = 0; i < 10; ++i) Finish(*lane, Start(*lane));
  ASSERT_TRUE(lane->Ready());
  EXPECT_FALSE(lane->NextBatch(now_, wall_).has_value());
  EXPECT_FALSE(lane->Ready());
  // The first five make up for what time has granted, the others earn a retry.
  Enqueue(*lane, 100, 109);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(lane->Ready());
    Attempt& attempt = Start(*lane);
    EXPECT_FALSE(attempt.deliveries.parked);
    Finish(*lane, attempt);
  }
  ASSERT_TRUE(lane->Ready());
  Finish(*lane, Start(*lane));
  EXPECT_FALSE(lane->NextBatch(now_, wall_).has_value());
  const base::MonoTime wake = lane->WakeAt().value();
  EXPECT_NEAR(std::chrono::duration<double>(wake - now_).count(), 1, 0.001);
  lane->Wake(wake - std::chrono::milliseconds(1), {});
  EXPECT_FALSE(lane->Ready());
  lane->Wake(wake, {});
  now_ = wake;
  EXPECT_EQ(Start(*lane).deliveries.position(), 12u);
  EXPECT_EQ(lane->retries_free_since(), wake) << "its budget held it until then";
}

TEST_F(LaneTest, ALaneWithACursorAboveWhatIsRoutedStartsThere) {
  auto lane = MakeLane({.lane = 1, .since = 5, .cursor = 50});
  EXPECT_FALSE(lane->WantsLive(49));
  EXPECT_TRUE(lane->WantsLive(50));
  EXPECT_EQ(lane->DurableCursor(), std::nullopt);
}

TEST_F(LaneTest, ClosingSettlesWhatWaits) {
  auto lane = MakeLane();
  Enqueue(*lane, 1, 3);
  Attempt& first = Start(*lane);
  EXPECT_EQ(lane->Close().size(), 2u);
  EXPECT_FALSE(lane->Gone());
  EXPECT_FALSE(lane->Ready());
  EXPECT_EQ(tracker_.Watermark(4), 0u);
  Finish(*lane, first);
  EXPECT_TRUE(lane->Gone());
  EXPECT_EQ(tracker_.Watermark(4), 3u);
  EXPECT_EQ(held_.bytes(), 0u);
}

// It has a row, which ends with the lane's others.
TEST_F(LaneTest, ClosingDoesNotSettleWhatIsHeld) {
  auto lane = MakeLane({.lane = 1, .cursor = 100, .kept = 1});
  ASSERT_TRUE(lane->kept().Take(1));
  lane->EnqueueKept(Hold(1));
  EXPECT_TRUE(lane->Close().empty());
}

TEST_F(LaneTest, WhatIsKeptAndInMemoryIsPendingOnce) {
  auto lane = MakeLane({.lane = 1, .cursor = 100, .parked = 1, .kept = 1});
  ASSERT_TRUE(lane->kept().Take(1));
  lane->EnqueueKept(Hold(1));
  const model::Pending pending = lane->CountPending();
  EXPECT_EQ(pending.parked, 1u);
  EXPECT_EQ(pending.in_memory, 0u);
}

TEST_F(LaneTest, ABatchIsFullByItsBytes) {
  wall_ = base::FromUnixNanos(100);
  model::Destination destination;
  destination.format = model::Format::kArray;
  destination.batch = {.max_events = 10, .max_bytes = 6, .max_wait = std::chrono::seconds(5)};
  Use(std::move(destination));
  auto lane = MakeLane();
  Enqueue(*lane, 1, 4);
  EXPECT_EQ(Start(*lane).deliveries.size(), 3u);
  EXPECT_FALSE(lane->NextBatch(now_, wall_).has_value()) << "the last waits for others";
  Enqueue(*lane, 5, 6);
  EXPECT_EQ(Start(*lane).deliveries.size(), 3u);
}

TEST_F(LaneTest, ABatchThatWasTakenToBeSentIsTakenAgainForAFormatOfOneEvent) {
  model::Destination destination;
  destination.format = model::Format::kArray;
  destination.batch = {.max_events = 10, .max_bytes = 100, .max_wait = std::chrono::seconds(5)};
  Use(std::move(destination));
  auto lane = MakeLane();
  DeliveryBatch batch{
      .first = {.event = Hold(1)}, .rest = {}, .due = wall_, .attempts = 1, .parked = true};
  batch.rest.push_back({.event = Hold(2)});
  ASSERT_TRUE(lane->retries().Take(wall_, 1));
  lane->retries().Push(std::move(batch));
  lane->Bind(*table_, 0, now_);
  EXPECT_EQ(lane->retries().size(), 1u) << "the format is the same";
  Use({});
  lane->Bind(*table_, 0, now_);
  EXPECT_FALSE(lane->Ready());
  EXPECT_EQ(lane->AskAt(), wall_);
  EXPECT_TRUE(lane->retries().Take(wall_, 1));
}

TEST_F(LaneTest, WhatWaitedInOrderComesBeforeWhatIsFresh) {
  UseKeys();
  auto lane = MakeLane();
  Finish(*lane, StartInOrder(*lane));
  EXPECT_EQ(Start(*lane).deliveries.position(), 2u);
  EXPECT_EQ(lane->fresh_bytes(), size_) << "of what is fresh alone";
}

TEST_F(LaneTest, WhatWaitsInOrderHoldsNoWatermarkWhereItsLaneIsBehind) {
  UseKeys();
  auto lane = MakeLane();
  StartInOrder(*lane);
  lane->FallBehind(5);
  EXPECT_EQ(tracker_.Watermark(5), 4u);
  EXPECT_EQ(lane->DurableCursor(), 1u);
}

TEST_F(LaneTest, SheddingAllWritesWhatWaitsInOrder) {
  UseKeys();
  auto lane = MakeLane();
  StartInOrder(*lane);
  lane->Shed(0, 5);
  const std::vector<store::Parked> rows = lane->TakeHeldRows();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].position, 2u);
  EXPECT_EQ(lane->fresh_bytes(), 0u);
}

TEST_F(LaneTest, WhatWasNeverTriedNeedsNoToken) {
  auto lane = MakeLane();
  for (uint64_t p = 1; p <= 11; ++p) {
    lane->retries().Push({.first = {.event = Hold(p)}, .attempts = 1, .parked = true});
  }
  for (int i = 0; i < 10; ++i) Finish(*lane, Start(*lane));
  EXPECT_FALSE(lane->NextBatch(now_, wall_).has_value()) << "there is none left";
  auto other = MakeLane();
  for (uint64_t p = 21; p <= 31; ++p) {
    const uint32_t attempts = p == 31 ? 0 : 1;
    other->retries().Push({.first = {.event = Hold(p)}, .attempts = attempts, .parked = true});
  }
  for (int i = 0; i < 10; ++i) Finish(*other, Start(*other));
  ASSERT_TRUE(other->Ready());
  EXPECT_EQ(Start(*other).deliveries.position(), 31u);
}

TEST_F(LaneTest, WhatWasNeverTriedTakesNoToken) {
  auto lane = MakeLane();
  for (uint64_t p = 1; p <= 11; ++p) {
    const uint32_t attempts = p == 1 ? 0 : 1;
    lane->retries().Push({.first = {.event = Hold(p)}, .attempts = attempts, .parked = true});
  }
  for (int i = 0; i < 10; ++i) Finish(*lane, Start(*lane));
  EXPECT_TRUE(lane->NextBatch(now_, wall_).has_value()) << "the tenth that was tried";
}

// Rows may be read once more before their removal is durable, when some before them went back.
TEST_F(LaneTest, KeptRowsThatWereGivenUpAreNotTakenAgain) {
  auto lane = MakeLane({.lane = 1, .cursor = 100, .kept = 6});
  ASSERT_TRUE(lane->kept().Take(1));
  lane->EnqueueKept(Hold(1));
  EXPECT_TRUE(lane->kept().Forget(2));
  EXPECT_TRUE(lane->kept().Forget(4));
  ASSERT_TRUE(lane->kept().Take(5));
  lane->EnqueueKept(Hold(5));
  EXPECT_TRUE(lane->kept().Forget(6));
  lane->Shed(0, 200);
  EXPECT_EQ(lane->kept().next(), 1u);
  std::vector<uint64_t> taken;
  for (const uint64_t position : {1, 2, 4, 5, 6, 7}) {
    if (lane->kept().Take(position)) taken.push_back(position);
  }
  EXPECT_EQ(taken, (std::vector<uint64_t>{1, 5, 7}));
  EXPECT_TRUE(lane->kept().empty());
}

// Going back, it may give up rows before those that it gave up.
TEST_F(LaneTest, KeptRowsMayBeGivenUpInAnyOrder) {
  auto lane = MakeLane({.lane = 1, .cursor = 100, .kept = 6});
  ASSERT_TRUE(lane->kept().Take(1));
  lane->EnqueueKept(Hold(1));
  ASSERT_TRUE(lane->kept().Take(2));
  lane->EnqueueKept(Hold(2));
  EXPECT_TRUE(lane->kept().Forget(5));
  lane->Shed(0, 200);
  ASSERT_TRUE(lane->kept().Take(1));
  lane->EnqueueKept(Hold(1));
  EXPECT_TRUE(lane->kept().Forget(2));
  EXPECT_TRUE(lane->kept().Forget(3));
  lane->Shed(0, 200);
  std::vector<uint64_t> taken;
  for (const uint64_t position : {1, 2, 3, 4, 5, 6}) {
    if (lane->kept().Take(position)) taken.push_back(position);
  }
  EXPECT_EQ(taken, (std::vector<uint64_t>{1, 4, 6}));
}

TEST_F(LaneTest, AnIdleLaneIsSmall) { EXPECT_LE(sizeof(Lane), 1560u); }

TEST_F(LaneTest, GaugesTellTheOldestThatWaits) {
  auto metrics = std::make_shared<metrics::LaneMetrics>();
  Lane lane({.lane = 1, .parked = 4}, {}, tracker_, metrics);
  lane.Bind(*table_, 0, base::MonoTime{});
  Enqueue(lane, 5, 7);
  Start(lane);
  lane.PublishGauges();
  EXPECT_EQ(metrics->ready, 2);
  EXPECT_EQ(metrics->in_flight, 1);
  EXPECT_EQ(metrics->parked, 4);
  EXPECT_EQ(metrics->oldest_ready_ns, 6);
  EXPECT_EQ(metrics->state.load(), metrics::DestinationState::kActive);
  lane.retries().Push({.first = {.event = Hold(3)}, .attempts = 1, .parked = true});
  lane.PublishGauges();
  EXPECT_EQ(metrics->oldest_ready_ns, 3) << "a retry";
  lane.SetFailing(true);
  lane.PublishGauges();
  EXPECT_EQ(metrics->state.load(), metrics::DestinationState::kFailing);
}

TEST_F(LaneTest, TheOldestThatWaitsMayWaitInOrder) {
  model::Destination destination;
  destination.tenant = "t";
  destination.name = "d";
  destination.order.by = model::Ordering::kKey;
  table_ = std::make_shared<SimTable>(std::vector{destination},
                                      [](const std::string&, const model::Event&) { return true; });
  const auto figures = std::make_shared<metrics::LaneMetrics>();
  Lane lane({.lane = 1}, {.bytes = 10 * size_, .floor_bytes = size_}, tracker_, figures);
  lane.Bind(*table_, 0, now_);
  const auto oldest = [&] {
    lane.PublishGauges();
    return figures->oldest_ready_ns.load();
  };
  EXPECT_EQ(oldest(), 0);
  for (uint64_t position = 1; position <= 4; ++position) {
    auto event = model::Event::Create({.id = "e",
                                       .type = "a",
                                       .tenant = "t",
                                       .ordering_key = position == 3 ? "other" : "one",
                                       .payload = "{}"});
    event->Accept(position, base::FromUnixNanos(static_cast<int64_t>(position)));
    lane.Enqueue(held_.Hold(event), tracker_.Add(position, 1));
  }
  EXPECT_EQ(oldest(), 1);
  Attempt& first = Start(lane);
  EXPECT_EQ(oldest(), 2);
  Attempt& other = Start(lane);  // on the way to it, 2 was put behind the first
  EXPECT_EQ(other.deliveries.position(), 3u);
  EXPECT_EQ(oldest(), 2);
  EXPECT_EQ(figures->in_flight.load(), 2);
  EXPECT_EQ(figures->ready.load(), 2);
  Finish(lane, first);
  Start(lane);
  EXPECT_EQ(oldest(), 4);
}

}  // namespace
}  // namespace carillon::delivery
