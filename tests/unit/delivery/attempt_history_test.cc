// What the delivery log is told: every attempt, what it left its delivery in, and details of some.
#include "attempt_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dispatcher_support.h"

namespace carillon::delivery {
namespace {

using deliverylog::State;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

class FakeSink final : public deliverylog::Sink {
 public:
  struct Told {
    deliverylog::Figures figures;
    std::string destination;
    std::string event_id;
    std::optional<deliverylog::Detail> detail;
  };
  void Add(uint32_t, const deliverylog::Entry& entry) override {
    told.push_back({entry.figures, std::string(entry.tenant) + "/" + std::string(entry.destination),
                    std::string(entry.event_id),
                    entry.detail != nullptr ? std::optional(*entry.detail) : std::nullopt});
  }
  size_t details() const {
    return std::ranges::count_if(told, [](const Told& each) { return each.detail.has_value(); });
  }
  std::vector<Told> told;
};

class AttemptHistoryTest : public DispatcherTest {
 protected:
  void Tell(KeepDetails details) {
    options_.history = {.sink = &sink_, .details = details};
    Create();
  }
  FakeSink sink_;
};

TEST_F(AttemptHistoryTest, EveryAttemptIsToldWithWhatItLeft) {
  Tell(KeepDetails::kFailures);
  model::Destination destination = Named("a");
  destination.url = "http://a/hooks?key=hidden";
  destination.retry.delays = {seconds(10)};
  destination.retry.jitter = 0;
  destination.breaker.reset();
  destination.headers = {{"X-Open", base::Secret("shown"), false},
                         {"X-Closed", base::Secret("hidden"), true}};
  ASSERT_TRUE(SetTable({destination}).ok());
  end_.status = 503;
  end_.retry_after = "7";
  Publish("e1");
  RunFor(seconds(30));
  ASSERT_EQ(sink_.told.size(), 2u);
  const FakeSink::Told& first = sink_.told[0];
  EXPECT_EQ(first.destination, "t/a");
  EXPECT_EQ(first.event_id, "e1");
  EXPECT_EQ(first.figures.position, 1u);
  EXPECT_EQ(first.figures.number, 1u);
  EXPECT_EQ(first.figures.outcome, model::Outcome::kHttp5xx);
  EXPECT_EQ(first.figures.status, 503);
  EXPECT_EQ(first.figures.duration_us, 1000u);
  EXPECT_EQ(first.figures.state, State::kScheduled);
  EXPECT_EQ(first.figures.next - first.figures.started, seconds(10) + milliseconds(1));
  ASSERT_TRUE(first.detail);
  EXPECT_EQ(first.detail->url, "http://a/hooks");
  EXPECT_THAT(first.detail->request, HasSubstr("X-Open: shown\r\nX-Closed: ***\r\n"));
  EXPECT_THAT(first.detail->request, HasSubstr("webhook-id: e1\r\n"));
  EXPECT_EQ(first.detail->facts.retry_after, seconds(7));
  const FakeSink::Told& second = sink_.told[1];
  EXPECT_EQ(second.figures.number, 2u);
  EXPECT_EQ(second.figures.state, State::kDead);
  EXPECT_EQ(second.figures.next, base::WallTime());
}

TEST_F(AttemptHistoryTest, WhatIsMadeAgainIsNumberedOn) {
  Tell(KeepDetails::kFailures);
  model::Destination destination = Named("a");
  destination.retry.delays = {seconds(10)};
  destination.retry.jitter = 0;
  destination.breaker.reset();
  ASSERT_TRUE(SetTable({destination}).ok());
  end_.status = 503;
  Publish("e1");
  RunFor(seconds(30));
  ASSERT_EQ(sink_.told.size(), 2u);
  EXPECT_EQ(sink_.told[0].figures.trigger, model::Trigger::kPublish);
  ResendOrder order{.place = 0, .tenant = "t", .name = "a", .trigger = model::Trigger::kReplay};
  order.items.push_back({.position = 1, .bytes = 100, .earlier = 2, .due = {}});
  dispatcher_->Resend(order, [](const absl::StatusOr<size_t>& taken) { EXPECT_TRUE(taken.ok()); });
  RunFor(seconds(1));
  ASSERT_EQ(sink_.told.size(), 3u);
  EXPECT_EQ(sink_.told[2].figures.number, 3u);
  EXPECT_EQ(sink_.told[2].figures.trigger, model::Trigger::kReplay);
  EXPECT_EQ(sink_.told[2].figures.state, State::kScheduled);
  // Brought forward: its row knows how many there were, and its schedule begins anew.
  order.trigger = model::Trigger::kResend;
  order.items[0].due = sink_.told[2].figures.next;
  dispatcher_->Resend(order, [](const absl::StatusOr<size_t>& taken) { EXPECT_TRUE(taken.ok()); });
  RunFor(seconds(30));
  ASSERT_EQ(sink_.told.size(), 5u);
  EXPECT_EQ(sink_.told[3].figures.number, 4u);
  EXPECT_EQ(sink_.told[3].figures.trigger, model::Trigger::kResend);
  EXPECT_EQ(sink_.told[3].figures.state, State::kScheduled);
  EXPECT_EQ(sink_.told[4].figures.number, 5u);
  EXPECT_EQ(sink_.told[4].figures.state, State::kDead);
}

TEST_F(AttemptHistoryTest, OfSuccessesOneAMinuteHasDetails) {
  Tell(KeepDetails::kFailures);
  ASSERT_TRUE(SetTable({Named("a"), Named("b")}).ok());
  for (int i = 0; i < 5; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(1));
  EXPECT_EQ(sink_.told.size(), 10u);
  EXPECT_EQ(sink_.details(), 2u);
  for (const FakeSink::Told& each : sink_.told) EXPECT_EQ(each.figures.state, State::kDelivered);
  RunFor(seconds(60));
  Publish("e6");
  RunFor(seconds(1));
  EXPECT_EQ(sink_.details(), 4u);
}

TEST_F(AttemptHistoryTest, DetailsAreOfAllOrOfNone) {
  Tell(KeepDetails::kAll);
  ASSERT_TRUE(SetTable({Named("a")}).ok());
  for (int i = 0; i < 5; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(1));
  EXPECT_EQ(sink_.details(), 5u);
}

TEST_F(AttemptHistoryTest, WithoutDetailsTheOutcomeIsTold) {
  Tell(KeepDetails::kNone);
  model::Destination destination = Named("a");
  destination.retry.delays = {};
  ASSERT_TRUE(SetTable({destination}).ok());
  end_.status = 404;
  Publish("e1");
  RunFor(seconds(1));
  ASSERT_EQ(sink_.told.size(), 1u);
  EXPECT_EQ(sink_.told[0].figures.status, 404);
  EXPECT_EQ(sink_.details(), 0u);
}

TEST_F(AttemptHistoryTest, OneThatFailsFastHasItsShareOfDetailsAndNoMore) {
  Tell(KeepDetails::kFailures);
  model::Destination destination = Named("a");
  destination.retry.delays = {};
  destination.breaker.reset();
  ASSERT_TRUE(SetTable({destination}).ok());
  end_.status = 503;
  for (int i = 0; i < 500; ++i) Publish("e" + std::to_string(i));
  RunFor(seconds(1));
  EXPECT_EQ(sink_.told.size(), 500u);
  EXPECT_GE(sink_.details(), 100u);
  EXPECT_LE(sink_.details(), 111u);
  for (const FakeSink::Told& each : sink_.told) {
    if (each.detail) EXPECT_THAT(each.detail->request, Not(HasSubstr("webhook-signature: v1")));
  }
}

TEST_F(AttemptHistoryTest, WhatTheEndOfTheProcessCutsOffWaits) {
  Tell(KeepDetails::kFailures);
  ASSERT_TRUE(SetTable({Named("a")}).ok());
  end_.after = seconds(100);
  Publish("e1");
  RunFor(seconds(1));
  dispatcher_->Drain([] {});
  courier_.CancelAll();
  RunFor(seconds(1));
  ASSERT_EQ(sink_.told.size(), 1u);
  EXPECT_EQ(sink_.told[0].figures.state, State::kQueued);
  EXPECT_EQ(sink_.told[0].figures.outcome, model::Outcome::kCancelled);
}

}  // namespace
}  // namespace carillon::delivery
