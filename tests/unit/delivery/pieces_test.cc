// The pieces that decide, one by one.

#include <gtest/gtest.h>

#include <type_traits>
#include <utility>

#include "batch_wait.h"
#include "event_inbox.h"
#include "feed.h"
#include "held_event.h"
#include "parked_kind.h"
#include "retry_clock.h"
#include "retry_queue.h"
#include "ring_queue.h"
#include "tracker.h"

namespace carillon::delivery {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

model::EventPtr MakeEvent(uint64_t position, std::string_view payload = "{}") {
  const std::string id = "e" + std::to_string(position);
  auto event =
      model::Event::Create({.id = id, .type = "session.create", .tenant = "t", .payload = payload});
  event->Accept(position, base::FromUnixNanos(0));
  return event;
}

store::EventBatchPtr MakeBatch(uint64_t first, uint64_t last) {
  auto batch = std::make_shared<store::EventBatch>(store::EventBatch{{}, first, last});
  for (uint64_t p = first; p <= last; ++p) batch->events.push_back(MakeEvent(p));
  return batch;
}

TEST(ParkedKind, IsToldByWhereARowStands) {
  const auto now = base::FromUnixNanos(1'700'000'000'000'000'000);
  ASSERT_TRUE(std::holds_alternative<TimedRow>(KindOf(store::Due::At(now))));
  EXPECT_EQ(std::get<TimedRow>(KindOf(store::Due::At(now))).due, now);
  for (const store::GroupId group : {store::GroupId{1}, store::kMaxGroup}) {
    const ParkedKind kind = KindOf(store::Due::Held(group));
    ASSERT_TRUE(std::holds_alternative<HeldRow>(kind));
    EXPECT_EQ(std::get<HeldRow>(kind).group, group);
  }
  EXPECT_TRUE(std::holds_alternative<KeptRow>(KindOf(store::Due::Kept())));
  EXPECT_TRUE(std::holds_alternative<StuckRow>(KindOf(store::Due::Stuck())));
}

TEST(ParkedKind, AMarkKeepsWhereItsDeliveryDied) {
  const store::Parked mark = StuckMark(3, 7, 42);
  EXPECT_TRUE(std::holds_alternative<StuckRow>(KindOf(mark.due)));
  EXPECT_EQ(mark.lane, 3u);
  EXPECT_EQ(mark.group, 7u);
  EXPECT_EQ(mark.position, 42u);
}

TEST(BatchWait, WaitsUntilTheOldestHasWaitedLongEnough) {
  BatchWait batch;
  const base::MonoTime now{};
  EXPECT_TRUE(batch.MayGo(seconds(5), seconds(5), now));
  EXPECT_FALSE(batch.waits());
  EXPECT_FALSE(batch.MayGo(seconds(2), seconds(5), now));
  EXPECT_EQ(batch.until(), now + seconds(3));
  batch.Wake(now + seconds(2));
  EXPECT_TRUE(batch.waits());
  batch.Wake(now + seconds(3));
  EXPECT_FALSE(batch.waits());
  EXPECT_TRUE(batch.MayGo(seconds(0), seconds(5), now)) << "it has waited";
  batch.OnSent();
  EXPECT_FALSE(batch.MayGo(seconds(0), seconds(5), now));
}

// The event's acceptance lies in the future: the batch waits no longer than it may.
TEST(BatchWait, AClockThatWasSetBackDoesNotMakeItWaitLonger) {
  BatchWait batch;
  const base::MonoTime now{};
  EXPECT_FALSE(batch.MayGo(-hours(1), seconds(5), now));
  EXPECT_EQ(batch.until(), now + seconds(5));
  batch.Stop();
  EXPECT_FALSE(batch.waits());
  EXPECT_FALSE(batch.over());
}

TEST(RingQueue, KeepsOrderAcrossGrowthAndBothEnds) {
  RingQueue<int> queue;
  for (int i = 0; i < 5; ++i) queue.push_back(i);
  EXPECT_EQ(queue.pop_front(), 0);
  for (int i = 5; i < 100; ++i) queue.push_back(i);
  EXPECT_EQ(queue.pop_back(), 99);
  for (int i = 1; i < 99; ++i) EXPECT_EQ(queue.pop_front(), i);
  for (int i = 0; i < 20; ++i) queue.push_front(i);
  for (int i = 19; i >= 0; --i) EXPECT_EQ(queue.pop_front(), i);
  EXPECT_TRUE(queue.empty());
  queue.push_back(7);  // after it gave its array back
  EXPECT_EQ(queue.front(), 7);
}

TEST(Tracker, WatermarkFollowsTheOldestUnsettled) {
  Tracker tracker;
  EXPECT_EQ(tracker.Watermark(1), 0u);
  EXPECT_EQ(tracker.Watermark(10), 9u);  // nobody wanted 1 to 9
  const uint64_t a = tracker.Add(10, 2);
  const uint64_t b = tracker.Add(12, 1);
  EXPECT_EQ(tracker.Watermark(13), 9u);
  tracker.Settle(b);
  tracker.Settle(a);
  EXPECT_EQ(tracker.Watermark(13), 9u);
  tracker.Settle(a);
  EXPECT_EQ(tracker.Watermark(13), 12u);
  EXPECT_EQ(tracker.size(), 0u);
}

TEST(TrackerDeathTest, EndsTheProcessWhenADeliverySettlesTwice) {
  Tracker tracker;
  const uint64_t slot = tracker.Add(1, 1);
  tracker.Settle(slot);
  EXPECT_DEATH(tracker.Settle(slot), "settled twice");
}

TEST(RetryClock, FollowsTheWallForwardAndNeverBack) {
  base::SimulatedClock clock;
  RetryClock retry(clock);
  const base::WallTime start = retry.Now();
  clock.JumpWall(-hours(1));
  clock.Advance(seconds(5));
  EXPECT_EQ(retry.Now(), start + seconds(5));
  clock.JumpWall(hours(3));
  EXPECT_EQ(retry.Now(), start + hours(2) + seconds(5));
  EXPECT_EQ(retry.ToMono(retry.Now() + seconds(1)), clock.Mono() + seconds(1));
}

TEST(HeldEvents, CountsAnEventOnceAndItsBodyOncePerFormat) {
  HeldEvents held;
  const model::EventPtr event = MakeEvent(1);
  HeldRef first = held.Hold(event);
  HeldRef second = first;
  EXPECT_EQ(held.bytes(), event->bytes());
  const auto body = first.Body(model::Format::kPayload);
  EXPECT_EQ(second.Body(model::Format::kPayload), body);
  EXPECT_EQ(held.bytes(), event->bytes() + body->size());
  first = HeldRef();
  EXPECT_GT(held.bytes(), 0u);
  second = HeldRef();
  EXPECT_EQ(held.bytes(), 0u);
}

TEST(HeldEvents, AnEventInThePlaceOfAnotherHasItsOwnBody) {
  HeldEvents held;
  const std::string first = *held.Hold(MakeEvent(1, "1")).Body(model::Format::kPayload);
  EXPECT_EQ(first, "1");
  EXPECT_EQ(*held.Hold(MakeEvent(2, "22")).Body(model::Format::kPayload), "22");
  EXPECT_EQ(held.bytes(), 0u);
}

TEST(Inbox, WhatWasTakenMakesRoom) {
  Inbox inbox(2 * MakeBatch(10, 10)->events.front()->bytes(), 0);
  for (uint64_t position = 10; position < 30; position += 2) {
    inbox.Put(MakeBatch(position, position));
    inbox.Put(MakeBatch(position + 1, position + 1));
    EXPECT_NE(inbox.Take(position), nullptr);
    ASSERT_NE(inbox.Take(position + 1), nullptr) << "dropped, as if it was over the bound";
  }
}

TEST(Inbox, WhatWasReadElsewhereIsPassedOver) {
  Inbox inbox(1'000'000, 0);
  inbox.Put(MakeBatch(1, 2));
  inbox.Put(MakeBatch(3, 4));
  const store::EventBatchPtr batch = inbox.Take(3);
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->events.front()->position(), 3u);
}

TEST(Inbox, DropsWhatIsOverTheBoundAndKnowsHowFarItGot) {
  Inbox inbox(1, 0);
  EXPECT_TRUE(inbox.Put(MakeBatch(1, 3)));  // alone, it is taken whatever its size
  EXPECT_FALSE(inbox.Put(MakeBatch(4, 5)));
  EXPECT_EQ(inbox.committed(), 5u);
  ASSERT_NE(inbox.Take(2), nullptr);
  EXPECT_EQ(inbox.Take(4), nullptr);  // a gap: read the journal
  EXPECT_TRUE(inbox.Put(MakeBatch(6, 6)));
  EXPECT_EQ(inbox.Take(4), nullptr);  // it stays for later
  EXPECT_NE(inbox.Take(6), nullptr);
}

TEST(Inbox, FindsABatchByWhatItCovers) {
  Inbox inbox(1 << 20, 0);
  const auto cover = [](uint64_t first, uint64_t last, std::vector<uint64_t> positions) {
    store::EventBatch batch{{}, first, last};
    for (const uint64_t position : positions) batch.events.push_back(MakeEvent(position));
    return std::make_shared<const store::EventBatch>(std::move(batch));
  };
  inbox.Put(cover(1, 20, {5}));
  inbox.Put(cover(21, 30, {}));
  inbox.Put(cover(31, 40, {40}));
  EXPECT_EQ(inbox.committed(), 40u);
  EXPECT_EQ(inbox.Take(1)->last, 20u);
  EXPECT_EQ(inbox.Take(25)->last, 30u);
  EXPECT_EQ(inbox.Take(31)->events.size(), 1u);
  EXPECT_EQ(inbox.Take(41), nullptr);
}

TEST(RetryQueue, TakesARowOnceUntilItsRemovalIsDurable) {
  const base::WallTime due = base::FromUnixNanos(1000);
  RetryQueue queue(1, due);
  ASSERT_EQ(queue.AskAt(), due);
  RetryQueue::Asking asking = queue.BeginAsking();
  EXPECT_EQ(queue.AskAt(), std::nullopt);
  EXPECT_TRUE(queue.Take(due, 5));
  queue.EndAsking(std::move(asking), {});
  // It was sent and is being unparked while the journal is asked again: the stale answer has it.
  queue.AddDue(due + seconds(1));
  asking = queue.BeginAsking();
  queue.Forget(due, 5);
  EXPECT_FALSE(queue.Take(due, 5));
  queue.EndAsking(std::move(asking), {});
  EXPECT_TRUE(queue.Take(due, 5));
}

TEST(RetryQueue, WhatIsListedIsForgottenOnlyWhenBothAnswersCame) {
  const base::WallTime due = base::FromUnixNanos(1000);
  RetryQueue queue(1, due);
  EXPECT_TRUE(queue.Take(due, 5));
  RetryQueue::Asking asking = queue.BeginAsking();
  RetryQueue::Listing listing = queue.BeginListing();
  queue.Forget(due, 5);
  queue.EndListing(std::move(listing));
  EXPECT_FALSE(queue.Take(due, 5)) << "the other answer may hold it";
  queue.EndAsking(std::move(asking), {});
  EXPECT_TRUE(queue.Take(due, 5));
}

TEST(RetryQueueDeathTest, AListEndsOnceAndOnlyAfterItBegan) {
  static_assert(!std::is_default_constructible_v<RetryQueue::Listing>);
  static_assert(!std::is_copy_constructible_v<RetryQueue::Listing>);
  RetryQueue queue(0, std::nullopt);
  RetryQueue::Listing listing = queue.BeginListing();
  RetryQueue::Listing moved = std::move(listing);
  queue.EndListing(std::move(moved));
  // NOLINTBEGIN(bugprone-use-after-move)
  EXPECT_DEATH(queue.EndListing(std::move(listing)), "ended again");
  EXPECT_DEATH(queue.EndListing(std::move(moved)), "ended again");
  // NOLINTEND(bugprone-use-after-move)
}

TEST(RetryQueueDeathTest, WhatIsAskedForEndsOnceAndOnlyAfterItBegan) {
  static_assert(!std::is_default_constructible_v<RetryQueue::Asking>);
  static_assert(!std::is_copy_constructible_v<RetryQueue::Asking>);
  static_assert(!std::is_convertible_v<RetryQueue::Listing, RetryQueue::Asking>);
  RetryQueue queue(1, base::FromUnixNanos(1));
  RetryQueue::Asking asking = queue.BeginAsking();
  RetryQueue::Asking moved = std::move(asking);
  queue.EndAsking(std::move(moved), {});
  // NOLINTBEGIN(bugprone-use-after-move)
  EXPECT_DEATH(queue.EndAsking(std::move(asking), {}), "ended again");
  EXPECT_DEATH(queue.EndAsking(std::move(moved), {}), "ended again");
  // NOLINTEND(bugprone-use-after-move)
}

TEST(RetryQueue, AsksForThoseThatAreTakenToo) {
  RetryQueue queue(100, base::FromUnixNanos(1));
  const size_t few = queue.AskLimit(0);
  for (uint64_t position = 1; position <= 50; ++position) {
    EXPECT_TRUE(queue.Take(base::FromUnixNanos(1), position));
  }
  EXPECT_EQ(queue.AskLimit(0), 50 + few) << "the answer holds them again";
}

TEST(RetryQueue, WhatWasNeverTriedCanPassWhatWas) {
  HeldEvents events;
  RetryQueue queue(4, std::nullopt);
  const auto push = [&](uint64_t position, uint32_t attempts) {
    queue.Push({.first = {.event = events.Hold(MakeEvent(position))},
                .attempts = attempts,
                .parked = true});
  };
  push(1, 1);
  push(2, 2);
  EXPECT_FALSE(queue.HasUntried());
  push(3, 0);
  push(4, 0);
  EXPECT_TRUE(queue.FirstIsTried());
  EXPECT_EQ(queue.PopUntried().position(), 3u);
  EXPECT_TRUE(queue.HasUntried());
  EXPECT_EQ(queue.Pop().position(), 1u) << "the others keep their order";
  EXPECT_EQ(queue.Pop().position(), 2u);
  EXPECT_FALSE(queue.FirstIsTried());
  EXPECT_EQ(queue.Pop().position(), 4u);
  EXPECT_FALSE(queue.HasUntried());
  EXPECT_TRUE(queue.empty());
}

// It takes some of these in search of one that may go, but only so many.
TEST(RetryQueue, WhileNoneMayRetryItAsksOnWithinABound) {
  HeldEvents events;
  const base::WallTime due = base::FromUnixNanos(1000);
  RetryQueue queue(100, due);
  RetryQueue::Asking asking = queue.BeginAsking();
  queue.EndAsking(std::move(asking), {.due = {{.event = MakeEvent(1)}}});  // how much one takes
  queue.AddDue(due);
  size_t taken = 0;
  for (; queue.AskAt(/*may_retry=*/false); ++taken) {
    queue.Push({.first = {.event = events.Hold(MakeEvent(taken + 1))}, .attempts = 1});
    EXPECT_EQ(queue.AskAt(), std::nullopt) << "it has what may go";
    ASSERT_LE(taken, 100u);
  }
  EXPECT_EQ(taken, RetryQueue::kPassed);
  queue.Pop();
  EXPECT_EQ(queue.AskAt(/*may_retry=*/false), due);
  queue.Push({.first = {.event = events.Hold(MakeEvent(99))}});
  EXPECT_EQ(queue.AskAt(/*may_retry=*/false), std::nullopt) << "one may go";
}

TEST(RetryQueue, WhatWasDroppedWhileRowsAreListedIsTakenAgain) {
  const base::WallTime due = base::FromUnixNanos(1000);
  HeldEvents events;
  RetryQueue queue(1, due);
  RetryQueue::Asking asking = queue.BeginAsking();
  ASSERT_TRUE(queue.Take(due, 5));
  queue.Push({.first = {.event = events.Hold(MakeEvent(5))}, .due = due, .parked = true});
  queue.EndAsking(std::move(asking), {});
  RetryQueue::Listing listing = queue.BeginListing();
  queue.Drop();
  ASSERT_EQ(queue.AskAt(), due);
  asking = queue.BeginAsking();
  EXPECT_TRUE(queue.Take(due, 5)) << "it would be asked for no more";
  queue.EndAsking(std::move(asking), {});
  queue.EndListing(std::move(listing));
}

TEST(RetryQueue, WhatBecomesDurableWhileAskingIsNotForgotten) {
  RetryQueue queue(0, std::nullopt);
  EXPECT_EQ(queue.AskAt(), std::nullopt);
  queue.AddDue(base::FromUnixNanos(10));
  RetryQueue::Asking asking = queue.BeginAsking();
  queue.AddDue(base::FromUnixNanos(30));
  queue.EndAsking(std::move(asking), {.next = store::Due::At(base::FromUnixNanos(50))});
  EXPECT_EQ(queue.AskAt(), base::FromUnixNanos(30));
}

}  // namespace
}  // namespace carillon::delivery
