#include "router.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "memory_bound.h"
#include "sim_journal.h"
#include "sim_parts.h"

namespace carillon::delivery {
namespace {

using std::chrono::seconds;

/// A router and the memory bound over lanes that nobody sends for.
class RouterTest : public testing::Test {
 protected:
  void Start(size_t lanes, size_t max_lane_bytes = 1u << 20) {
    journal_ = std::make_unique<SimJournal>(store_, executor_, clock_, random_);
    shard_journal_ = std::make_unique<ShardJournal>(journal_->stores(), 0, journal_->Take(0),
                                                    callbacks_, options_.read_bytes);
    scheduler_ = std::make_unique<LaneScheduler>(nullptr, lanes_, retry_clock_, random_);
    feed_ = std::make_unique<Feed>(options_.max_memory_bytes / 4, *shard_journal_, [] {});
    router_ = std::make_unique<Router>(options_, shard_journal_->state(), *feed_, held_, lanes_,
                                       *scheduler_, routes_,
                                       RoutedCount(metrics_, *figures_, 0, nullptr));
    memory_ = std::make_unique<MemoryBound>(options_.max_memory_bytes, held_, lanes_, *scheduler_,
                                            *router_);
    std::vector<model::Destination> destinations(lanes);
    for (size_t i = 0; i < lanes; ++i) {
      destinations[i].tenant = "t";
      destinations[i].name = "d" + std::to_string(i);
    }
    table_ = std::make_shared<SimTable>(destinations,
                                        [](const std::string& name, const model::Event& event) {
                                          return event.type() == "all" || event.type() == name;
                                        });
    for (size_t i = 0; i < lanes; ++i) {
      Lane& lane = lanes_.Add(
          std::make_unique<Lane>(store::LaneState{.lane = static_cast<store::LaneId>(i + 1)},
                                 LaneBounds{.bytes = max_lane_bytes, .floor_bytes = 1},
                                 router_->tracker(), std::make_shared<metrics::LaneMetrics>()));
      lane.Bind(*table_, static_cast<uint32_t>(i), clock_.Mono());
      lane_of_.push_back(&lane);
    }
    std::vector<std::pair<uint32_t, Lane*>> places;
    for (size_t i = 0; i < lanes; ++i) places.emplace_back(i, lane_of_[i]);
    routes_.Set(table_, places);
  }
  void Put(size_t count, std::string_view type = "all") {
    auto batch = std::make_shared<store::EventBatch>();
    batch->first = store_.last() + 1;
    for (; count > 0; --count) {
      const std::string id = "e" + std::to_string(store_.last() + 1);
      auto event = model::Event::Create({.id = id, .type = type, .tenant = "t", .payload = "{}"});
      store_.Append(event, clock_.Wall());
      batch->events.push_back(event);
      size_ = event->bytes();
    }
    batch->last = store_.last();
    feed_->Put(batch);
  }
  void RouteAll() {
    while (router_->Ready()) router_->RouteNext();
  }
  Lane& lane(size_t i) { return *lane_of_[i]; }

  base::SimulatedClock clock_;
  base::SeededRandom random_{7};
  SimExecutor executor_{clock_, random_};
  CallbackBinder callbacks_{Borrowed(executor_)};
  SimStore store_;
  NullMetrics metrics_;
  std::shared_ptr<metrics::ShardMetrics> figures_ = metrics_.AddShard();
  DispatcherOptions options_;
  RetryClock retry_clock_{clock_};
  HeldEvents held_;
  LaneMap lanes_;
  std::unique_ptr<SimJournal> journal_;
  std::unique_ptr<ShardJournal> shard_journal_;
  std::unique_ptr<LaneScheduler> scheduler_;
  TableInForce routes_;
  std::unique_ptr<Feed> feed_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<MemoryBound> memory_;
  std::shared_ptr<const routing::RoutingTable> table_;
  std::vector<Lane*> lane_of_;
  size_t size_ = 0;  // of one event
};

TEST_F(RouterTest, OffersEachEventOnceToThoseThatWantIt) {
  Start(2);
  Put(1, "d0");
  Put(1);
  EXPECT_EQ(router_->RouteNext(), 1u);
  EXPECT_EQ(router_->RouteNext(), 2u);
  EXPECT_FALSE(router_->Ready());
  EXPECT_EQ(router_->next(), 3u);
  EXPECT_EQ(router_->Watermark(), 0u);
  EXPECT_EQ(lane(0).LowestUnsettled(), 1u);
  EXPECT_EQ(lane(1).LowestUnsettled(), 2u);
  EXPECT_EQ(scheduler_->NextToSend(clock_.Mono()), &lane(0));
}

TEST_F(RouterTest, WhatNobodyWantsIsSettled) {
  Start(1);
  Put(3, "d7");
  RouteAll();
  EXPECT_EQ(router_->Watermark(), 3u);
  EXPECT_EQ(held_.bytes(), 0u);
}

TEST_F(RouterTest, AFullLaneFallsBehindAndIsRead) {
  Start(2, 1);  // one event fills it
  Put(3);
  RouteAll();
  for (Lane* lane : lane_of_) {
    EXPECT_EQ(lane->cursor(), 2u);
    EXPECT_TRUE(scheduler_->IsCurrent(*lane));
  }
  EXPECT_TRUE(scheduler_->Has(LaneNeed::kCursor));
  EXPECT_EQ(router_->Watermark(), 3u);  // the cursor covers it
}

TEST_F(RouterTest, ACursorTakesThePlaceOfWhatHoldsTheWatermarkForTooLong) {
  options_.max_hold = seconds(10);
  Start(1);
  Put(1, "nobody's");
  RouteAll();
  router_->Tick(clock_.Mono());
  Put(2);
  RouteAll();
  clock_.Advance(seconds(9));
  router_->Tick(clock_.Mono());
  EXPECT_EQ(router_->Watermark(), 1u);
  clock_.Advance(seconds(1));
  router_->Tick(clock_.Mono());
  EXPECT_EQ(router_->Watermark(), 3u);
  EXPECT_EQ(lane(0).DurableCursor(), 2u);
  EXPECT_TRUE(scheduler_->Has(LaneNeed::kCursor));
}

TEST_F(RouterTest, WhoDoesNotHoldTheWatermarkKeepsItsPlace) {
  options_.max_hold = seconds(10);
  Start(2);
  Put(1, "d0");
  Put(5, "nobody's");
  Put(1, "d1");
  RouteAll();
  router_->Tick(clock_.Mono());
  clock_.Advance(seconds(10));
  router_->Tick(clock_.Mono());
  EXPECT_EQ(router_->Watermark(), 6u);
  EXPECT_EQ(lane(0).DurableCursor(), 1u);
  EXPECT_EQ(lane(1).DurableCursor(), std::nullopt);
}

TEST_F(RouterTest, NoMoreEventsThanAreTrackedWaitBehindTheOldest) {
  options_.max_tracked = 10;
  Start(1);
  Put(11);
  RouteAll();
  EXPECT_EQ(router_->Watermark(), 10u);
  EXPECT_TRUE(scheduler_->Has(LaneNeed::kCursor));
}

TEST_F(RouterTest, OverTheBoundLanesGiveUpTheirMemory) {
  options_.max_memory_bytes = 20'000;
  Start(2);
  Put(300, "d0");
  while (!memory_->Full() && router_->Ready()) router_->RouteNext();
  EXPECT_LE(held_.bytes(), 10'000u);  // its share is half
  EXPECT_TRUE(memory_->RoomToRead());
  EXPECT_TRUE(lane(0).cursor().has_value());
  EXPECT_TRUE(scheduler_->IsCurrent(lane(0)));
}

TEST_F(RouterTest, OverTheBoundLanesGiveUpTheirRetriesToo) {
  options_.max_memory_bytes = 20'000;
  Start(1);
  while (held_.bytes() < 20'000) {
    auto event = model::Event::Create({.id = "o", .type = "d0", .tenant = "t", .payload = "{}"});
    lane(0).retries().Push({.first = {.event = held_.Hold(event)}, .attempts = 1, .parked = true});
  }
  scheduler_->Touched(lane(0));
  EXPECT_FALSE(memory_->Full());
  EXPECT_TRUE(lane(0).retries().empty());
  EXPECT_EQ(held_.bytes(), 0u);
  EXPECT_TRUE(scheduler_->IsCurrent(lane(0)));
}

TEST_F(RouterTest, WhoeverMakesNoUseOfItsMemoryKeepsHalfAsMuchWithEveryTick) {
  options_.max_memory_bytes = 20'000;
  Start(2);
  Put(4, "d0");
  RouteAll();
  const size_t kept = 4 * size_;
  // Something else has three quarters, and one waits for what is on disk.
  std::vector<HeldRef> others;
  while (held_.bytes() < kept + 16'000) {
    auto event = model::Event::Create({.id = "o", .type = "all", .tenant = "t", .payload = "{}"});
    others.push_back(held_.Hold(event));
  }
  lane(1).FallBehind(1);
  scheduler_->Touched(lane(1));
  size_t before = kept;
  int halved = 0;
  for (int tick = 0; tick < 20; ++tick) {
    memory_->Tick();
    const size_t bytes = lane(0).fresh_bytes();
    EXPECT_LE(bytes, before);
    if (bytes < before) ++halved;
    before = bytes;
  }
  EXPECT_EQ(before, 0u);
  EXPECT_GE(halved, 2);
}

}  // namespace
}  // namespace carillon::delivery
