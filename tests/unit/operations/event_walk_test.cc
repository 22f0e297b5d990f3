// In which order and how far a walk shows the events of the journal.

#include "carillon/operations/event_walk.h"

#include <gmock/gmock.h>

#include <deque>
#include <optional>
#include <vector>

#include "carillon/operations/event_message.h"
#include "operations_fakes.h"

namespace carillon::operations {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Remembers what it saw; stops at a position, or when it was asked often enough.
struct Watcher final : EventVisitor {
  Next Visit(const model::EventPtr& event) override {
    if (event->position() == stop_before) return Next::kStopBefore;
    seen.push_back(event->position());
    return event->position() == stop_behind ? Next::kStopBehind : Next::kGoOn;
  }
  bool MayGoOn(const WalkProgress& progress) override {
    last = progress;
    return pieces-- > 0;
  }
  void OnEnd(const WalkRange& range) override { rest = range; }

  uint64_t stop_before = 0, stop_behind = 0;
  int pieces = 1000;
  std::vector<uint64_t> seen;
  WalkProgress last;
  std::optional<WalkRange> rest;
};

class EventWalkTest : public testing::Test {
 protected:
  void Fill(size_t count) {
    for (size_t i = 0; i < count; ++i) log_.Add("acme", "a.b", base::FromUnixNanos(1000));
  }
  std::shared_ptr<Watcher> Walk(const WalkRange& range, Watcher watcher = {}) {
    auto visitor = std::make_shared<Watcher>(watcher);
    WalkEvents(
        log_, range,
        [this](absl::AnyInvocable<void()> task) {
          tasks_.push_back(std::move(task));
          return true;
        },
        visitor);
    while (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
    EXPECT_TRUE(visitor->rest);
    return visitor;
  }
  static std::vector<uint64_t> All(uint64_t from, uint64_t to, bool down) {
    std::vector<uint64_t> all;
    for (uint64_t i = from; i <= to; ++i) all.push_back(i);
    if (down) std::ranges::reverse(all);
    return all;
  }

  FakeLog log_;
  std::deque<absl::AnyInvocable<void()>> tasks_;
};

TEST_F(EventWalkTest, ShowsEachEventOnceInEitherOrder) {
  Fill(5000);
  for (const bool down : {true, false}) {
    const auto whole = Walk({1, 5001, down});
    EXPECT_EQ(whole->seen, All(1, 5000, down));
    EXPECT_GE(whole->rest->low, whole->rest->high);
    EXPECT_EQ(Walk({17, 1042, down})->seen, All(17, 1041, down));
  }
}

TEST_F(EventWalkTest, OfAnEmptyRangeThereIsNothingToRead) {
  Fill(3);
  EXPECT_THAT(Walk({4, 4, true})->seen, IsEmpty());
  EXPECT_EQ(log_.reads, 0);
}

TEST_F(EventWalkTest, WhatIsLeftBeginsBehindOrAtTheEventItStoppedFor) {
  Fill(100);
  for (const bool down : {true, false}) {
    Watcher behind;
    behind.stop_behind = 50;
    const auto first = Walk({1, 101, down}, behind);
    const auto second = Walk(*first->rest);
    std::vector<uint64_t> both = first->seen;
    both.insert(both.end(), second->seen.begin(), second->seen.end());
    EXPECT_EQ(both, All(1, 100, down)) << "behind";

    Watcher before;
    before.stop_before = 50;
    const auto third = Walk({1, 101, down}, before);
    EXPECT_EQ(third->seen.back(), down ? 51u : 49u);
    EXPECT_EQ(Walk(*third->rest)->seen.front(), 50u) << "before";
  }
}

TEST_F(EventWalkTest, EndsBetweenPiecesAndSaysWhatIsLeft) {
  Fill(3000);
  Watcher two;
  two.pieces = 2;
  const auto first = Walk({1, 3001, true}, two);
  EXPECT_EQ(first->seen, All(3000 - 16 - 64 + 1, 3000, true));
  EXPECT_EQ(first->rest->high, 3000u - 16 - 64 + 1);
  EXPECT_EQ(first->last.positions, 80u);
  EXPECT_GT(first->last.bytes, 0u);
}

TEST_F(EventWalkTest, PassesOverWhatRetentionHasRemoved) {
  Fill(300);
  for (uint64_t gone = 1; gone <= 250; ++gone) log_.events[gone - 1] = nullptr;
  log_.events[299] = nullptr;
  for (const bool down : {true, false}) {
    EXPECT_EQ(Walk({1, 301, down})->seen, All(251, 299, down));
  }
  uint64_t oldest = 0;
  FindOldest(log_, [&](uint64_t position) { oldest = position; });
  EXPECT_EQ(oldest, 251u);
}

TEST_F(EventWalkTest, OfAnEmptyLogTheOldestIsTheNext) {
  Fill(2);
  log_.events = {nullptr, nullptr};
  uint64_t oldest = 0;
  FindOldest(log_, [&](uint64_t position) { oldest = position; });
  EXPECT_EQ(oldest, 3u);
}

TEST_F(EventWalkTest, LargeEventsAreReadInSmallPieces) {
  for (uint64_t i = 1; i <= 400; ++i) {
    auto event = model::Event::Create(
        {.id = "e", .type = "a", .tenant = "acme", .payload = std::string(256 << 10, '1')});
    event->Accept(i, base::FromUnixNanos(1000));
    log_.events.push_back(std::move(event));
  }
  uint64_t most = 0;
  struct Sizes final : EventVisitor {
    explicit Sizes(uint64_t& top) : most(top) {}
    Next Visit(const model::EventPtr& event) override {
      ++count;
      in_piece += event->bytes();
      most = std::max(most, in_piece);
      return Next::kGoOn;
    }
    bool MayGoOn(const WalkProgress&) override {
      in_piece = 0;
      return true;
    }
    void OnEnd(const WalkRange&) override {}
    uint64_t& most;
    uint64_t in_piece = 0, count = 0;
  };
  const auto sizes = std::make_shared<Sizes>(most);
  WalkEvents(
      log_, {1, 401, true},
      [](absl::AnyInvocable<void()> task) {
        task();
        return true;
      },
      sizes);
  EXPECT_EQ(sizes->count, 400u);
  EXPECT_LE(most, 17u << 20);
}

TEST_F(EventWalkTest, WhereNobodyLooksAnyMoreTheVisitorGoes) {
  Fill(3);
  auto visitor = std::make_shared<Watcher>();
  const std::weak_ptr<Watcher> held = visitor;
  WalkEvents(
      log_, {1, 4, true}, [](absl::AnyInvocable<void()>) { return false; }, std::move(visitor));
  EXPECT_TRUE(held.expired());
}

TEST(EventMessageTest, HasWhatWasAcceptedAndThePayloadOnlyWhereItIsAskedFor) {
  model::TraceContext trace;
  trace.trace_id[0] = 0xab;
  trace.span_id[0] = 1;
  auto event = model::Event::Create({.id = "order-17",
                                     .type = "order.paid",
                                     .tenant = "acme",
                                     .ordering_key = "17",
                                     .occurred_at = base::FromUnixNanos(1'500'000'000),
                                     .attributes = {{"shop", "graz"}},
                                     .payload = R"({"n":9007199254740993})",
                                     .trace = &trace});
  event->Accept(18'446'744'073'709'551'000u, base::FromUnixNanos(2'000'000'001));
  v1::Event basic = ToMessage(*event, false);
  EXPECT_EQ(basic.name(), "tenants/acme/events/order-17@18446744073709551000");
  EXPECT_EQ(basic.position(), 18'446'744'073'709'551'000u);
  EXPECT_EQ(basic.id(), "order-17");
  EXPECT_EQ(basic.ordering_key(), "17");
  EXPECT_EQ(basic.attributes().at("shop"), "graz");
  EXPECT_EQ(basic.occur_time().nanos(), 500'000'000);
  EXPECT_EQ(basic.accept_time().seconds(), 2);
  EXPECT_EQ(basic.accept_time().nanos(), 1);
  EXPECT_EQ(basic.trace_id(), "ab000000000000000000000000000000");
  EXPECT_EQ(basic.payload_bytes(), 22u);
  EXPECT_FALSE(basic.has_json());
  EXPECT_EQ(ToMessage(*event, true).json(), R"({"n":9007199254740993})");
}

}  // namespace
}  // namespace carillon::operations
