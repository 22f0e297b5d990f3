// Which attempts are outcomes of an operation.
#include "carillon/operations/outcome_count.h"

#include <gtest/gtest.h>

#include <optional>

namespace carillon::operations {
namespace {

using deliverylog::Record;
using deliverylog::State;

/// Attempts at `orders`, the newest first, two to a page.
class PagedAttempts final : public deliverylog::AttemptStore {
 public:
  void Add(uint32_t, const deliverylog::Entry&) override {}
  void AddAll(std::span<const deliverylog::Entry>,
              absl::AnyInvocable<void(absl::Status)> done) override {
    done(absl::OkStatus());
  }
  void Find(deliverylog::Query query,
            absl::AnyInvocable<void(absl::StatusOr<deliverylog::Page>)> done) override {
    EXPECT_EQ(query.tenant, "acme");
    EXPECT_EQ(query.destination, wanted);
    if (!status.ok()) return done(status);
    deliverylog::Page page;
    size_t looked = 0;
    for (auto it = records.rbegin(); it != records.rend(); ++it) {
      if (it->sequence >= query.before || it->sequence < query.since) continue;
      if (it->figures.started < query.from) continue;
      if (looked++ == 2) {
        page.next = it->sequence + 1;
        break;
      }
      if (query.matches(*it)) page.records.push_back(*it);
    }
    EXPECT_TRUE(page.records.empty()) << "numbers are enough";
    done(std::move(page));
  }
  void Flush() override {}
  deliverylog::LogFigures figures() const override { return {.next = records.size() + 1}; }

  std::vector<Record> records;
  std::optional<std::string> wanted = "orders";
  absl::Status status;
};

class OutcomeCountTest : public testing::Test {
 protected:
  OutcomeCountTest() {
    stored_.operation.set_kind(v1::Operation::REPLAY);
    stored_.operation.set_target("tenants/acme/destinations/orders");
    stored_.operation.mutable_create_time()->set_seconds(100);
    stored_.operation.set_processed_count(10);
  }
  void AddRecord(State state, model::Trigger trigger = model::Trigger::kReplay, int second = 200) {
    Record record{.sequence = log_.records.size() + 1};
    record.figures.state = state;
    record.figures.trigger = trigger;
    record.figures.started = base::WallTime(std::chrono::seconds(second));
    log_.records.push_back(record);
  }
  absl::StatusOr<OutcomeCounts> Count() {
    std::optional<absl::StatusOr<OutcomeCounts>> counts;
    OutcomesIn (&log_)(stored_, [&](absl::StatusOr<OutcomeCounts> told) { counts = told; });
    return *counts;
  }

  PagedAttempts log_;
  StoredOperation stored_;
};

TEST_F(OutcomeCountTest, OfItsKindSinceItsBeginning) {
  AddRecord(State::kDelivered, model::Trigger::kReplay, 50);
  for (int i = 0; i < 3; ++i) AddRecord(State::kDelivered);
  AddRecord(State::kDead);
  AddRecord(State::kScheduled);
  AddRecord(State::kDelivered, model::Trigger::kResend);
  AddRecord(State::kDelivered, model::Trigger::kPublish);
  auto counts = Count();
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->delivered, 3);
  EXPECT_EQ(counts->dead, 1);
  EXPECT_EQ(counts->next, 9u);
  stored_.counted = counts->next;
  AddRecord(State::kDelivered);
  counts = Count();
  EXPECT_EQ(counts->delivered, 1) << "each once";
  EXPECT_EQ(counts->dead, 0);
  stored_.operation.set_kind(v1::Operation::RESEND);
  stored_.counted = 0;
  EXPECT_EQ(Count()->delivered, 1);
}

TEST_F(OutcomeCountTest, AtAllDestinationsOfATenant) {
  stored_.operation.set_target("tenants/acme/destinations/-");
  log_.wanted.reset();
  AddRecord(State::kDelivered);
  EXPECT_EQ(Count()->delivered, 1);
}

TEST_F(OutcomeCountTest, WhatCannotBeReadIsAskedForAgain) {
  AddRecord(State::kDelivered);
  log_.status = absl::ResourceExhaustedError("busy");
  EXPECT_TRUE(absl::IsUnavailable(Count().status()));
}

TEST_F(OutcomeCountTest, ThereAreNoneWithoutALogOrOfOtherKinds) {
  EXPECT_EQ(OutcomesIn(nullptr), nullptr);
  EXPECT_TRUE(AwaitsOutcomes(stored_.operation));
  stored_.operation.set_delivered_count(8);
  stored_.operation.set_dead_count(2);
  EXPECT_FALSE(AwaitsOutcomes(stored_.operation));
  stored_.operation.set_dead_count(0);
  stored_.operation.set_kind(v1::Operation::PURGE);
  EXPECT_FALSE(AwaitsOutcomes(stored_.operation));
}

}  // namespace
}  // namespace carillon::operations
