#include "lane_scheduler.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attempts.h"
#include "carillon/base/random.h"
#include "held_event.h"
#include "sim_parts.h"

namespace carillon::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class LaneSchedulerTest : public testing::Test {
 protected:
  static model::Destination Named(const std::string& tenant, const std::string& name) {
    model::Destination destination;
    destination.tenant = tenant;
    destination.name = name;
    destination.concurrency = 100;
    return destination;
  }
  static std::shared_ptr<const routing::RoutingTable> TableOf(model::Destination destination) {
    return std::make_shared<SimTable>(std::vector{std::move(destination)},
                                      [](const std::string&, const model::Event&) { return true; });
  }
  void SetCaps(uint32_t in_all, uint32_t per_tenant) {
    caps_ = std::make_shared<policy::InFlightCaps>(in_all, per_tenant);
    scheduler_ = std::make_unique<LaneScheduler>(caps_, lanes_, retry_clock_, random_);
  }
  Lane& Add(const model::Destination& destination, store::LaneState state = {}) {
    state.lane = ++last_lane_;
    Lane& lane = lanes_.Add(std::make_unique<Lane>(state, LaneBounds{}, tracker_,
                                                   std::make_shared<metrics::LaneMetrics>()));
    lane.Bind(*TableOf(destination), 0, clock_.Mono());
    scheduler_->Join(lane);
    scheduler_->Touched(lane);
    return lane;
  }
  HeldRef Hold(std::string_view key = "") {
    auto event = model::Event::Create(
        {.id = "e", .type = "a", .tenant = "t", .ordering_key = key, .payload = "{}"});
    event->Accept(++last_position_, base::FromUnixNanos(0));
    return held_.Hold(event);
  }
  void Enqueue(Lane& lane, size_t count, std::string_view key = "") {
    for (; count > 0; --count) lane.Enqueue(Hold(key), tracker_.Add(last_position_ + 1, 1));
    scheduler_->Touched(lane);
  }
  /// What a turn of `lane` is; null: it had nothing after all.
  Attempt* Send(Lane& lane, size_t bytes = 100) {
    std::optional<DeliveryBatch> deliveries = lane.NextBatch(clock_.Mono(), clock_.Wall());
    Attempt* attempt = nullptr;
    if (deliveries) {
      attempt = &attempts_.Start(lane, *std::move(deliveries));
      lane.Started(*attempt, clock_.Mono());
      scheduler_->Charge(lane, bytes);
    } else {
      scheduler_->Release(lane);
    }
    scheduler_->Touched(lane);
    return attempt;
  }
  /// Null: nobody has a turn.
  Attempt* SendNext(size_t bytes = 100) {
    Lane* const lane = scheduler_->NextToSend(clock_.Mono());
    return lane == nullptr ? nullptr : Send(*lane, bytes);
  }
  void End(Attempt& attempt, Ending ending = Ending::kSettled) {
    Lane& lane = *attempt.lane;
    scheduler_->Release(lane);
    lane.Finished(attempt, ending);
    attempts_.Finish(attempt);
    scheduler_->Touched(lane);
  }

  base::SimulatedClock clock_;
  base::SeededRandom random_{7};
  RetryClock retry_clock_{clock_};
  HeldEvents held_;
  Tracker tracker_;
  Attempts attempts_;
  LaneMap lanes_;
  std::shared_ptr<policy::InFlightCaps> caps_;
  std::unique_ptr<LaneScheduler> scheduler_ =
      std::make_unique<LaneScheduler>(nullptr, lanes_, retry_clock_, random_);
  store::LaneId last_lane_ = 0;
  uint64_t last_position_ = 0;
};

TEST_F(LaneSchedulerTest, ALaneHasATurnWhileItHasSomethingThatMayStart) {
  model::Destination destination = Named("t", "d");
  destination.concurrency = 1;
  Lane& lane = Add(destination);
  EXPECT_FALSE(scheduler_->MaySend());
  EXPECT_EQ(SendNext(), nullptr);
  Enqueue(lane, 2);
  EXPECT_TRUE(scheduler_->MaySend());
  Attempt* const first = SendNext();
  ASSERT_NE(first, nullptr);
  EXPECT_FALSE(scheduler_->MaySend());  // at its limit
  End(*first);
  ASSERT_NE(SendNext(), nullptr);
  EXPECT_FALSE(scheduler_->MaySend());
}

TEST_F(LaneSchedulerTest, TenantsTakeTurnsHoweverManyLanesEachHas) {
  std::map<std::string, int> sent;
  Enqueue(Add(Named("big", "d1")), 100);
  Enqueue(Add(Named("big", "d2")), 100);
  Enqueue(Add(Named("big", "d3")), 100);
  Enqueue(Add(Named("small", "d1")), 100);
  for (int i = 0; i < 100; ++i) ++sent[SendNext(16 << 10)->lane->destination().tenant];
  EXPECT_NEAR(sent["small"], 50, 2);
  EXPECT_NEAR(sent["big"], 50, 2);
}

TEST_F(LaneSchedulerTest, ALaneThatMetACapWaitsForAnEnd) {
  SetCaps(1, 1);
  Enqueue(Add(Named("t", "d1")), 1);
  Enqueue(Add(Named("t", "d2")), 1);
  Attempt* const first = SendNext();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(SendNext(), nullptr);
  EXPECT_FALSE(scheduler_->MaySend());
  const auto look = scheduler_->WakeAt();  // it may end in another shard
  ASSERT_TRUE(look);
  EXPECT_GE(*look, clock_.Mono() + Caps::kLook / 2);
  EXPECT_LE(*look, clock_.Mono() + Caps::kLook);
  End(*first);
  EXPECT_NE(SendNext(), nullptr);
  EXPECT_EQ(scheduler_->WakeAt(), std::nullopt);
}

// A lane in strict order is never held by a cap itself while it has the only place.
TEST_F(LaneSchedulerTest, WhoeverWaitedForACapComesBeforeTheOneThatHadThePlace) {
  SetCaps(1, 1);
  for (const char* name : {"d1", "d2", "d3"}) {
    model::Destination destination = Named("t", name);
    destination.concurrency = 1;
    Enqueue(Add(destination), 20);
  }
  std::map<std::string, int> sent;
  for (int i = 0; i < 30; ++i) {
    Attempt* const attempt = SendNext();
    ASSERT_NE(attempt, nullptr) << i;
    EXPECT_EQ(SendNext(), nullptr);
    ++sent[attempt->lane->destination().name];
    End(*attempt);
  }
  ASSERT_EQ(sent.size(), 3u);
  for (const auto& [name, count] : sent) EXPECT_EQ(count, 10) << name;
}

TEST_F(LaneSchedulerTest, WhatEndedInAnotherShardIsSeenAtTheNextLook) {
  SetCaps(1, 1);
  const auto elsewhere = caps_->TenantOf("other");
  ASSERT_TRUE(caps_->TryStart(*elsewhere));
  Enqueue(Add(Named("t", "d")), 1);
  EXPECT_EQ(SendNext(), nullptr);
  caps_->Finish(*elsewhere);
  scheduler_->Wake(clock_.Mono());
  EXPECT_EQ(SendNext(), nullptr);
  clock_.Advance(Caps::kLook);
  scheduler_->Wake(clock_.Mono());
  EXPECT_NE(SendNext(), nullptr);
}

TEST_F(LaneSchedulerTest, OneThatFindsItsPlaceTakenKeepsItsTurn) {
  SetCaps(1, 1);
  const auto elsewhere = caps_->TenantOf("other");
  ASSERT_TRUE(caps_->TryStart(*elsewhere));
  Lane& first = Add(Named("t", "d1"));
  Enqueue(first, 1);
  Enqueue(Add(Named("t", "d2")), 1);
  EXPECT_EQ(SendNext(), nullptr);
  const auto look = [&] {
    caps_->Finish(*elsewhere);
    clock_.Advance(Caps::kLook);
    scheduler_->Wake(clock_.Mono());
  };
  look();
  ASSERT_TRUE(caps_->TryStart(*elsewhere)) << "before the one that was let go";
  EXPECT_EQ(SendNext(), nullptr);
  look();
  Attempt* const attempt = SendNext();
  ASSERT_NE(attempt, nullptr);
  EXPECT_EQ(attempt->lane, &first);
}

TEST_F(LaneSchedulerTest, UnderACapEveryTenantComesToItsTurn) {
  SetCaps(1, 1);
  for (const char* tenant : {"a", "b", "c"}) {
    Enqueue(Add(Named(tenant, "d1")), 50);
    Enqueue(Add(Named(tenant, "d2")), 50);
  }
  std::map<std::string, int> sent;
  for (int i = 0; i < 60; ++i) {
    Attempt* const attempt = SendNext();
    ASSERT_NE(attempt, nullptr) << i;
    EXPECT_EQ(SendNext(), nullptr);
    ++sent[attempt->lane->destination().tenant + attempt->lane->destination().name];
    End(*attempt);
  }
  ASSERT_EQ(sent.size(), 6u);
  for (const auto& [lane, count] : sent) EXPECT_NEAR(count, 10, 2) << lane;
}

TEST_F(LaneSchedulerTest, APlaceThatIsNotUsedIsGivenBack) {
  SetCaps(1, 1);
  Lane& lane = Add(Named("t", "d"));
  Enqueue(lane, 1);
  ASSERT_EQ(scheduler_->NextToSend(clock_.Mono()), &lane);
  EXPECT_EQ(caps_->in_flight(), 1u);
  scheduler_->Release(lane);
  EXPECT_EQ(caps_->in_flight(), 0u);
  scheduler_->Touched(lane);
  EXPECT_EQ(scheduler_->NextToSend(clock_.Mono()), &lane);
}

TEST_F(LaneSchedulerTest, WhatIsDroppedNeedsNoPlace) {
  SetCaps(0, 0);
  Lane& lane = Add(Named("t", "d"));
  Enqueue(lane, 1);
  lane.SetMode(Lane::Mode::kDrop, 1);
  scheduler_->Touched(lane);
  EXPECT_EQ(scheduler_->NextToSend(clock_.Mono()), &lane);
  EXPECT_EQ(caps_->in_flight(), 0u);
}

TEST_F(LaneSchedulerTest, ALaneThatPausesIsWokenInTime) {
  Lane& later = Add(Named("t", "d1"));
  Lane& sooner = Add(Named("t", "d2"));
  Enqueue(later, 1);
  Enqueue(sooner, 1);
  EXPECT_FALSE(scheduler_->MayWake());
  const base::MonoTime start = clock_.Mono();
  later.pace().Pause(start + seconds(2));
  scheduler_->Touched(later);
  sooner.pace().Pause(start + seconds(1));
  scheduler_->Touched(sooner);
  EXPECT_FALSE(scheduler_->MaySend());
  EXPECT_EQ(scheduler_->WakeAt(), start + seconds(1));
  later.pace().Pause(start + seconds(3));
  scheduler_->Touched(later);
  clock_.Advance(seconds(1));
  scheduler_->Wake(clock_.Mono());
  EXPECT_EQ(SendNext()->lane, &sooner);
  EXPECT_EQ(scheduler_->WakeAt(), start + seconds(3));
  clock_.Advance(seconds(2));
  scheduler_->Wake(clock_.Mono());
  EXPECT_EQ(SendNext()->lane, &later);
  EXPECT_EQ(scheduler_->WakeAt(), std::nullopt);
}

TEST_F(LaneSchedulerTest, LanesAreAskedForWhenTheirRowsAreDue) {
  Lane& later = Add(Named("t", "d1"));
  Lane& sooner = Add(Named("t", "d2"));
  const base::WallTime start = retry_clock_.Now();
  later.retries().AddDue(start + seconds(2));
  scheduler_->Touched(later);
  sooner.retries().AddDue(start + seconds(1));
  scheduler_->Touched(sooner);
  EXPECT_EQ(scheduler_->DueAt(), start + seconds(1));
  EXPECT_EQ(scheduler_->NextDue(start), nullptr);
  EXPECT_EQ(scheduler_->NextDue(start + seconds(2)), &sooner);
  RetryQueue::Asking asking = sooner.retries().BeginAsking();
  scheduler_->Touched(sooner);
  EXPECT_EQ(scheduler_->NextDue(start + seconds(2)), &later);
  scheduler_->Touched(later);  // it was not asked for after all
  EXPECT_EQ(scheduler_->NextDue(start + seconds(2)), &later);
  sooner.retries().EndAsking(std::move(asking), {.next = store::Due::At(start + seconds(5))});
  scheduler_->Touched(sooner);
  EXPECT_EQ(scheduler_->DueAt(), start + seconds(5));
}

TEST_F(LaneSchedulerTest, ATimeThatNoRetryCanHaveIsNow) {
  model::Destination destination = Named("t", "d");
  destination.retry.delays = {hours(10)};
  Lane& lane = Add(destination);
  const base::WallTime start = retry_clock_.Now();
  lane.retries().AddDue(start + hours(20));  // with jitter
  scheduler_->Touched(lane);
  EXPECT_EQ(scheduler_->DueAt(), start + hours(20));
  clock_.Advance(hours(1));
  scheduler_->Touched(lane);
  EXPECT_EQ(scheduler_->DueAt(), start + hours(20));
  // It waits shorter from now on: what was parked under the long delay is not left until then.
  destination.retry.delays = {hours(1)};
  lane.Bind(*TableOf(destination), 0, clock_.Mono());
  scheduler_->Touched(lane);
  EXPECT_EQ(scheduler_->NextDue(retry_clock_.Now()), &lane);
}

TEST_F(LaneSchedulerTest, WhatIsDroppedIsDueAtOnceAndWhatRestsNotAtAll) {
  Lane& lane = Add(Named("t", "d"));
  const base::WallTime start = retry_clock_.Now();
  lane.retries().AddDue(start + seconds(10));
  lane.SetMode(Lane::Mode::kRest, 1);
  scheduler_->Touched(lane);
  EXPECT_EQ(scheduler_->DueAt(), std::nullopt);
  lane.SetMode(Lane::Mode::kDrop, 1);
  scheduler_->Touched(lane);
  EXPECT_EQ(scheduler_->DueAt(), start);
  lane.SetMode(Lane::Mode::kRun, 1);
  scheduler_->Touched(lane);
  EXPECT_EQ(scheduler_->DueAt(), start + seconds(10));
  lane.pace().Pause(clock_.Mono() + seconds(1));
  scheduler_->Touched(lane);
  EXPECT_EQ(scheduler_->DueAt(), std::nullopt);
}

TEST_F(LaneSchedulerTest, ThoseThatAreBehindQueueToBeRead) {
  Lane& first = Add(Named("t", "d1"));
  Lane& second = Add(Named("t", "d2"));
  for (Lane* lane : {&first, &second}) {
    lane->FallBehind(5);
    scheduler_->Touched(*lane);
    EXPECT_FALSE(lane->reading());
  }
  EXPECT_EQ(scheduler_->Next(LaneNeed::kBacklog), &first);
  scheduler_->Touched(first);  // nothing was done for it: back to the end
  EXPECT_EQ(scheduler_->Next(LaneNeed::kBacklog), &second);
  Lane::Reading reading = second.BeginRead();
  scheduler_->Touched(second);
  EXPECT_EQ(scheduler_->Next(LaneNeed::kBacklog), &first);
  EXPECT_FALSE(scheduler_->Has(LaneNeed::kBacklog));
  second.EndRead(std::move(reading));
  scheduler_->Touched(second);
  EXPECT_TRUE(scheduler_->Has(LaneNeed::kBacklog));
  second.CatchUp();
  scheduler_->Touched(second);
  EXPECT_FALSE(scheduler_->Has(LaneNeed::kBacklog));
}

TEST_F(LaneSchedulerTest, ADurableCursorIsFollowedUntilTheJournalKnowsThatItIsGone) {
  Lane& lane = Add(Named("t", "d"));
  EXPECT_FALSE(scheduler_->Has(LaneNeed::kCursor));
  lane.FallBehind(5);
  scheduler_->Touched(lane);
  EXPECT_TRUE(scheduler_->Has(LaneNeed::kCursor));
  EXPECT_EQ(lane.TakeCursor()->position, 5u);
  EXPECT_EQ(lane.TakeCursor(), std::nullopt);
  lane.CatchUp();
  scheduler_->Touched(lane);
  EXPECT_TRUE(scheduler_->Has(LaneNeed::kCursor));
  EXPECT_EQ(lane.TakeCursor()->position, std::nullopt);
  scheduler_->Touched(lane);
  EXPECT_FALSE(scheduler_->Has(LaneNeed::kCursor));
}

TEST_F(LaneSchedulerTest, ALaneThatHadACursorIsFollowedFromTheStart) {
  Add(Named("t", "d"), {.cursor = 3});
  EXPECT_TRUE(scheduler_->Has(LaneNeed::kCursor));
}

TEST_F(LaneSchedulerTest, UnsettledDeliveriesWithoutASlotHaveACursor) {
  Lane& lane = Add(Named("t", "d"));
  Enqueue(lane, 1);
  EXPECT_FALSE(scheduler_->Has(LaneNeed::kCursor));
  lane.Detach();
  scheduler_->Touched(lane);
  EXPECT_TRUE(scheduler_->Has(LaneNeed::kCursor));
}

TEST_F(LaneSchedulerTest, RowsAndHealthAreReportedOnce) {
  model::Destination destination = Named("t", "d");
  destination.order.by = model::Ordering::kKey;
  Lane& lane = Add(destination);
  Enqueue(lane, 2, "k");
  Attempt* const first = SendNext();
  EXPECT_EQ(SendNext(), nullptr);  // the second waits for it
  EXPECT_FALSE(scheduler_->Has(LaneNeed::kReport));
  End(*first, Ending::kParked);  // and is held now
  ASSERT_EQ(scheduler_->Next(LaneNeed::kReport), &lane);
  EXPECT_EQ(lane.retries().parked(), 1u);
  EXPECT_EQ(lane.TakeHeldRows().size(), 1u);
  scheduler_->Touched(lane);
  EXPECT_FALSE(scheduler_->Has(LaneNeed::kReport));
  lane.SetHealth({.disabled = model::DisabledReason::kGone});
  scheduler_->Touched(lane);
  EXPECT_TRUE(scheduler_->Has(LaneNeed::kReport));
  EXPECT_TRUE(lane.TakeHealth().has_value());
  EXPECT_FALSE(lane.TakeHealth().has_value());
  scheduler_->Touched(lane);
  EXPECT_FALSE(scheduler_->Has(LaneNeed::kReport));
}

TEST_F(LaneSchedulerTest, HeldRowsAndMarksAreAskedForAndRecoveryEnds) {
  model::Destination destination = Named("t", "d");
  destination.order = {.by = model::Ordering::kKey, .after_dead = model::AfterDead::kHold};
  Lane& lane = Add(destination, {.groups = {{.group = 7, .held = 2}, {.group = 8, .stuck = true}}});
  EXPECT_TRUE(scheduler_->Has(LaneNeed::kRecovery));
  EXPECT_FALSE(scheduler_->Has(LaneNeed::kHeldRows));
  EXPECT_FALSE(scheduler_->Has(LaneNeed::kMarks));
  lane.groups().WantMarks();
  ASSERT_TRUE(lane.EndRecovery(0, 1));
  scheduler_->Touched(lane);
  EXPECT_FALSE(scheduler_->Has(LaneNeed::kRecovery));
  ASSERT_EQ(scheduler_->Next(LaneNeed::kMarks), &lane);
  [[maybe_unused]] const StuckMarks::Asking asking = lane.groups().BeginAskingForMarks();
  ASSERT_EQ(scheduler_->Next(LaneNeed::kHeldRows), &lane);
  EXPECT_EQ(lane.groups().NextAsk()->group, 7u);
  scheduler_->Touched(lane);
  EXPECT_FALSE(scheduler_->Has(LaneNeed::kMarks));
  EXPECT_FALSE(scheduler_->Has(LaneNeed::kHeldRows));
}

TEST_F(LaneSchedulerTest, AClosedLaneOnlyReports) {
  model::Destination destination = Named("t", "d");
  destination.order = {.by = model::Ordering::kKey, .after_dead = model::AfterDead::kHold};
  Lane& lane = Add(destination, {.cursor = 1, .groups = {{.group = 7, .held = 2, .stuck = true}}});
  lane.FallBehind(1);
  lane.groups().WantMarks();
  lane.retries().AddDue(retry_clock_.Now());
  lane.SetHealth({.disabled = model::DisabledReason::kGone});
  Enqueue(lane, 1);
  lane.pace().Pause(clock_.Mono() + seconds(1));
  scheduler_->Touched(lane);
  EXPECT_TRUE(scheduler_->MayWake());
  lane.Close();
  scheduler_->Touched(lane);
  EXPECT_FALSE(scheduler_->MaySend());
  EXPECT_FALSE(scheduler_->MayWake());
  EXPECT_EQ(scheduler_->DueAt(), std::nullopt);
  for (size_t i = 0; i < kLaneNeeds; ++i) {
    EXPECT_FALSE(scheduler_->Has(static_cast<LaneNeed>(i))) << i;
  }
}

TEST_F(LaneSchedulerTest, ALaneLeavesAllQueuesBeforeItDies) {
  Lane& lane = Add(Named("t", "d"), {.cursor = 1});
  lane.FallBehind(1);
  lane.retries().AddDue(retry_clock_.Now() + seconds(1));
  lane.SetHealth({.disabled = model::DisabledReason::kGone});
  Enqueue(lane, 1);
  lane.Close();
  scheduler_->Touched(lane);
  scheduler_->Leave(lane);
  lanes_.Erase(lane.id());
  Lane& other = Add(Named("t", "d2"));
  other.FallBehind(1);
  scheduler_->Touched(other);
  EXPECT_EQ(scheduler_->Next(LaneNeed::kBacklog), &other);
  EXPECT_EQ(scheduler_->Next(LaneNeed::kCursor), &other);
  EXPECT_FALSE(scheduler_->MaySend());
  EXPECT_EQ(scheduler_->DueAt(), std::nullopt);
  for (size_t i = 0; i < kLaneNeeds; ++i) {
    EXPECT_EQ(scheduler_->Next(static_cast<LaneNeed>(i)), nullptr) << i;
  }
}

TEST_F(LaneSchedulerTest, AVisitorMayTouchTheLaneItIsGiven) {
  std::vector<Lane*> lanes;
  for (const char* name : {"d1", "d2", "d3"}) {
    lanes.push_back(&Add(Named("t", name)));
    lanes.back()->FallBehind(5);
    scheduler_->Touched(*lanes.back());
  }
  std::vector<Lane*> visited;
  const auto visit = [&](Lane& lane) {
    visited.push_back(&lane);
    if (&lane == lanes[1]) lane.CatchUp();
    scheduler_->Touched(lane);
  };
  scheduler_->ForFirst(LaneNeed::kBacklog, 2, visit);
  EXPECT_EQ(visited, (std::vector{lanes[0], lanes[1]}));
  visited.clear();
  scheduler_->ForEach(LaneNeed::kBacklog, visit);
  EXPECT_EQ(visited, (std::vector{lanes[0], lanes[2]}));
}

// Whatever is done with a lane, it is listed as it wants once it was told of, and the test would
// see if it was not.
TEST_F(LaneSchedulerTest, AnythingThatIsDoneToALaneShows) {
  Lane& lane = Add(Named("t", "d"));
  ASSERT_TRUE(scheduler_->IsCurrent(lane));
  const auto shows = [&](const char* what, auto change) {
    change();
    EXPECT_FALSE(scheduler_->IsCurrent(lane)) << what;
    scheduler_->Touched(lane);
    EXPECT_TRUE(scheduler_->IsCurrent(lane)) << what;
  };
  const base::WallTime due = retry_clock_.Now() + seconds(9);
  shows("send", [&] { lane.Enqueue(Hold(), tracker_.Add(1, 1)); });
  shows("sends no more", [&] { lane.SetMode(Lane::Mode::kRest, 1); });
  shows("runs", [&] { lane.SetMode(Lane::Mode::kRun, 1); });
  std::optional<Lane::Reading> reading;
  shows("is read for", [&] { reading = lane.BeginRead(); });
  shows("was read for", [&] { lane.EndRead(*std::move(reading)); });
  shows("due", [&] { lane.retries().AddDue(due); });
  shows("due sooner", [&] { lane.retries().AddDue(due - seconds(1)); });
  shows("wake", [&] { lane.pace().Pause(clock_.Mono() + seconds(1)); });
  shows("wake later", [&] { lane.pace().Pause(clock_.Mono() + seconds(2)); });
  shows("health", [&] { lane.SetHealth({}); });
  shows("stuck", [&] { lane.groups().Stick(9), lane.groups().WantMarks(); });
  shows("closed", [&] { lane.Close(); });
}

}  // namespace
}  // namespace carillon::delivery
