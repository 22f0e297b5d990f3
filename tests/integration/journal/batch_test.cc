// Batches that are parked: one row for many deliveries.

#include <gmock/gmock.h>

#include <future>

#include "parked_support.h"

namespace carillon::journal {
namespace {

using std::chrono::hours;
using testing::ElementsAre;

class BatchTest : public ParkedTest {
 protected:
  /// Parks one batch with these positions; groups are those of the positions.
  Parked Batch(Due due, std::vector<uint64_t> positions) const {
    Parked row{lane_, due, positions.at(0), 3, positions[0], {}};
    for (size_t i = 1; i < positions.size(); ++i) row.rest.push_back({positions[i], positions[i]});
    return row;
  }
  void Park(std::vector<Parked> rows, uint64_t watermark = 0) {
    Settlement settlement;
    settlement.watermark = watermark;
    settlement.parked = std::move(rows);
    Settle(std::move(settlement));
  }
  static std::vector<std::string> IdsOf(const DueDelivery& due) {
    std::vector<std::string> ids{due.event ? std::string(due.event->id()) : "gone"};
    for (const model::EventPtr& event : due.rest) {
      ids.push_back(event ? std::string(event->id()) : "gone");
    }
    return ids;
  }
};

TEST_F(BatchTest, IsOneRowAndCountsForAllOfItsDeliveries) {
  Start(6);
  const Parked batch = Batch(At(1), {2, 5, 3});
  Park({batch, {lane_, At(2), 6, 1}});
  Reopen();
  const LaneState state = OpenLane("one");
  EXPECT_EQ(state.parked, 4u);
  EXPECT_EQ(state.next_due, At(1).time());
  ASSERT_EQ(state.groups.size(), 3u);
  for (const GroupState& group : state.groups) EXPECT_EQ(group.timed, 1u) << group.group;

  const DueDeliveries first = TakeDue(lane_, At(9), 1);
  ASSERT_EQ(first.due.size(), 1u);
  EXPECT_EQ(first.due[0].parked.rest, batch.rest);
  EXPECT_EQ(first.due[0].parked.group, 2u);
  EXPECT_EQ(first.due[0].parked.attempts, 3u);
  EXPECT_THAT(IdsOf(first.due[0]), ElementsAre("e2", "e5", "e3"));
  EXPECT_EQ(first.next, At(2));
  const DueDeliveries both = TakeDue(lane_, At(9), 2);
  ASSERT_EQ(both.due.size(), 2u);
  EXPECT_EQ(both.due[1].parked.group, 0u);
  EXPECT_THAT(IdsOf(both.due[1]), ElementsAre("e6"));

  Settlement gone;
  gone.unparked = {{lane_, At(1), 2}};
  Settle(gone);
  EXPECT_EQ(OpenLane("one").parked, 1u);
}

TEST_F(BatchTest, LoadsManyBatchesAcrossChunks) {
  Start(1000);
  std::vector<Parked> rows;
  for (uint64_t i = 1; i <= 100; ++i) rows.push_back(Batch(At(1), {i, 1001 - i, 500, i + 100}));
  Park(std::move(rows));
  const DueDeliveries due = TakeDue(lane_, At(1));
  ASSERT_EQ(due.due.size(), 100u);
  for (uint64_t i = 1; i <= 100; ++i) {
    const auto id = [](uint64_t position) { return "e" + std::to_string(position); };
    EXPECT_THAT(IdsOf(due.due[i - 1]), ElementsAre(id(i), id(1001 - i), "e500", id(i + 100)));
  }
}

TEST_F(BatchTest, AllEventsOfARowCountInBytesAndOneRowIsAlwaysGiven) {
  Open();
  lane_ = OpenLane("one").lane;
  std::vector<std::string> ids;
  for (int i = 1; i <= 1000; ++i) ids.push_back("e" + std::to_string(i));
  ASSERT_TRUE(Append(ids, 12'000).ok());
  std::vector<uint64_t> half;
  std::vector<uint64_t> all;
  for (uint64_t i = 1; i <= 1000; ++i) {
    all.push_back(i);
    if (i <= 500) half.push_back(i);
  }
  Park({Batch(At(1), all), Batch(At(2), half), Batch(At(3), half), Batch(At(4), half)});
  const DueDeliveries huge = TakeDue(lane_, At(9));
  ASSERT_EQ(huge.due.size(), 1u);
  EXPECT_EQ(huge.due[0].rest.size(), 999u);
  EXPECT_EQ(huge.due[0].rest[998]->id(), "e1000");
  EXPECT_EQ(huge.next, At(2));
  Settlement gone;
  gone.unparked = {{lane_, At(1), 1}};
  Settle(gone);
  const DueDeliveries two = TakeDue(lane_, At(9));
  EXPECT_EQ(two.due.size(), 2u);
  EXPECT_EQ(two.next, At(4));
}

TEST_F(BatchTest, ClosingItsLaneMakesAllOfItDead) {
  Start(8);
  Park({Batch(At(1), {1, 2, 3}), Batch(Due::Held(4), {4}), Batch(Due::Stuck(), {5, 6})});
  CloseLanes({lane_});
  ASSERT_TRUE(Eventually([&] { return journal_->shard_stats().dead == 4; }));
  ASSERT_TRUE(Eventually([&] { return Query("SELECT count(*) FROM parked") == 0; }));
  // A settlement that was under way.
  Park({Batch(At(1), {7, 8}), Batch(Due::Stuck(), {6})});
  EXPECT_EQ(journal_->shard_stats().dead, 6u);
  EXPECT_EQ(Query("SELECT count(*) FROM parked"), 0);
  EXPECT_EQ(Query("SELECT count(*) FROM dead WHERE outcome = 13 AND attempts = 3 AND "
                  "position IN (1, 2, 3, 4, 7, 8)"),
            6);
}

TEST_F(BatchTest, ClosingManyBatchesGoesOnInStepsAndAfterARestart) {
  Start(1);
  const LaneId stays = OpenLane("two").lane;
  std::vector<Parked> rows;
  for (uint64_t i = 0; i < 25; ++i) {
    Parked row{lane_, At(1), 1 + i * 1000, 1};
    for (uint64_t k = 1; k < 1000; ++k) row.rest.push_back({row.position + k, 0});
    rows.push_back(std::move(row));
  }
  rows.push_back({stays, At(1), 1, 1});
  Park(std::move(rows));
  Reopen();
  OpenLane("two");
  RetireUnopened();
  ASSERT_TRUE(Eventually([&] { return journal_->shard_stats().dead == 25'000; }));
  ASSERT_TRUE(
      Eventually([&] { return Query("SELECT closed FROM lanes WHERE name = 'one'") == 2; }));
  EXPECT_EQ(Query("SELECT count(*) FROM parked"), 1);
}

TEST_F(BatchTest, DamageEndsWritingWhoeverReadsIt) {
  options_.housekeeping_interval = hours(1);  // reads them too
  Start(3);
  Park({Batch(At(1), {1, 2, 3})});
  Close();
  Execute("UPDATE parked SET rest = x'0102030405'");
  const auto ends = [&](const std::function<void()>& read) {
    Close();
    fatal_ = 0;
    Open();
    read();
    ASSERT_TRUE(Eventually([&] { return fatal_ == 1; }));
    EXPECT_EQ(fatal_status_.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(fatal_status_.message()), testing::HasSubstr("position 1 of lane"));
  };
  ends([&] { EXPECT_TRUE(TakeDue(lane_, At(9)).due.empty()); });
  ends([&] { EXPECT_FALSE(OpenLanes({{"acme", "one"}}).ok()); });
  ends([&] { CloseLanes({lane_}); });
}

TEST_F(BatchTest, TooLargeABatchIsNotWritten) {
  Start(1);
  Settlement settlement;
  settlement.parked = {{lane_, At(1), 1, 1, 0, std::vector<BatchMember>(kMaxRest + 1)}};
  journal_->Settle(Owned(std::move(settlement)),
                   [](const absl::Status& status) { EXPECT_FALSE(status.ok()); });
  ASSERT_TRUE(Eventually([&] { return fatal_ == 1; }));
  EXPECT_EQ(fatal_status_.code(), absl::StatusCode::kInvalidArgument);
}

class BatchRetentionTest : public RetentionTest {};

TEST_F(BatchRetentionTest, AllOfABatchAndWhatIsHeldStaysAndMarksKeepNothing) {
  Fill(7);
  Settlement settlement;
  settlement.watermark = 7;
  settlement.parked = {{lane_, At(1), 2, 1, 0, {{5, 0}, {3, 0}}},
                       {lane_, Due::Held(8), 6, 0, 8, {}},
                       {lane_, Due::Stuck(), 7, 1, 9, {{1, 9}}}};
  Settle(settlement);
  clock_.Advance(hours(73));
  ASSERT_TRUE(Left({2, 3, 5, 6}));
  EXPECT_EQ(TakeDue(lane_, clock_.Wall()).due.at(0).rest.at(0)->id(), "e5");
  Reopen();  // nothing is remembered of what was read
  const DueDeliveries marks = TakeHeld(lane_, 0);
  ASSERT_EQ(marks.due.size(), 1u);
  EXPECT_EQ(marks.due[0].event, nullptr);

  Settlement gone;
  gone.watermark = 7;
  gone.unparked = {{lane_, At(1 - 73 * 3600), 2}};
  Settle(gone);
  ASSERT_TRUE(Left({6}));
}

TEST_F(BatchRetentionTest, DamageEndsWriting) {
  Fill(2);
  Settlement settlement;
  settlement.watermark = 2;
  settlement.parked = {{lane_, At(1), 1, 1, 0, {{2, 0}}}};
  Settle(settlement);
  Execute("UPDATE parked SET rest = x'0102030405'");
  clock_.Advance(hours(73));
  ASSERT_TRUE(Eventually([&] { return fatal_ == 1; }));
  EXPECT_EQ(fatal_status_.code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace carillon::journal
