// Parked and dead deliveries, closing lanes, and what retention leaves alone.

#include <gmock/gmock.h>

#include "faulty_disk.h"
#include "parked_support.h"

namespace carillon::journal {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;

TEST_F(ParkedTest, TakesWhatIsDueInOrderUpToTheLimit) {
  Start(6);
  Settlement settlement;
  settlement.watermark = 6;
  settlement.parked = {{lane_, At(5), 4, 1},
                       {lane_, At(1), 6, 2},
                       {lane_, At(1), 2, 1},
                       {lane_, At(9), 1, 3},
                       {lane_ + 1, At(1), 3, 1}};
  Settle(settlement);
  EXPECT_TRUE(TakeDue(lane_, At(0)).due.empty());
  EXPECT_EQ(TakeDue(lane_, At(0)).next, At(1));

  const DueDeliveries due = TakeDue(lane_, At(5));
  EXPECT_THAT(PositionsOf(due), ElementsAre(2, 6, 4));
  EXPECT_EQ(due.next, At(9));
  EXPECT_EQ(due.due[1].parked.attempts, 2u);
  ASSERT_NE(due.due[1].event, nullptr);
  EXPECT_EQ(due.due[1].event->id(), "e6");

  const DueDeliveries two = TakeDue(lane_, At(100), 2);
  EXPECT_THAT(PositionsOf(two), ElementsAre(2, 6));
  EXPECT_EQ(two.next, At(5));
  EXPECT_FALSE(TakeDue(lane_, At(100)).next.has_value());
  EXPECT_TRUE(TakeDue(lane_ + 7, At(100)).due.empty());
}

TEST_F(ParkedTest, UnparkingAndParkingAgainIsOneStep) {
  Start(2);
  Settlement settlement;
  settlement.parked = {{lane_, At(1), 1, 1}, {lane_, At(1), 2, 1}};
  Settle(settlement);
  Settlement again;
  again.unparked = {{lane_, At(1), 1}, {lane_, At(1), 2}};
  again.parked = {{lane_, At(8), 2, 2}};
  Settle(again);
  Reopen();
  const LaneState state = OpenLane("one");
  EXPECT_EQ(state.parked, 1u);
  EXPECT_EQ(state.next_due, At(8).time());
  EXPECT_THAT(PositionsOf(TakeDue(lane_, At(8))), ElementsAre(2));
}

TEST_F(ParkedTest, LoadsFewEventsOutOfManyChunks) {
  Start(1000);
  Settlement settlement;
  for (uint64_t position = 1; position <= 1000; position += 90) {
    settlement.parked.push_back({lane_, At(1), position, 1});
  }
  Settle(settlement);
  const DueDeliveries due = TakeDue(lane_, At(1));
  ASSERT_EQ(due.due.size(), 12u);
  for (const DueDelivery& one : due.due) {
    ASSERT_NE(one.event, nullptr);
    EXPECT_EQ(one.event->position(), one.parked.position);
    EXPECT_EQ(one.event->id(), "e" + std::to_string(one.parked.position));
  }
}

TEST_F(ParkedTest, ManyLargeEventsComeInSeveralAnswers) {
  Open();
  lane_ = OpenLane("one").lane;
  Settlement settlement;
  for (int i = 0; i < 600; ++i) {
    const uint64_t position = AppendOne("e" + std::to_string(i), 40'000);
    settlement.parked.push_back({lane_, At(1), position, 1});
  }
  Settle(settlement);
  const DueDeliveries due = TakeDue(lane_, At(1), 1000);
  EXPECT_GT(due.due.size(), 100u);
  EXPECT_LT(due.due.size(), 600u);
  EXPECT_EQ(due.next, At(1));
}

TEST_F(ParkedTest, CountsTheDeadOnce) {
  Start(2);
  Settlement settlement;
  settlement.dead = {{lane_, 1, 3, model::Outcome::kDns, At(0).time()},
                     {lane_, 2, 1, {}, At(0).time()}};
  Settle(settlement);
  Settle(settlement);
  EXPECT_EQ(journal_->shard_stats().dead, 2u);
  Reopen();
  EXPECT_EQ(journal_->shard_stats().dead, 2u);
}

TEST_F(ParkedTest, ClosingALaneMakesItsDeliveriesDead) {
  Start(3);
  Settlement settlement;
  settlement.watermark = 3;
  settlement.parked = {{lane_, At(1), 1, 1}, {lane_, At(2), 2, 1}, {lane_ + 1, At(2), 2, 1}};
  settlement.cursors = {{lane_, 2}};
  Settle(settlement);
  EXPECT_EQ(journal_->shard_stats().floor, 1u);
  CloseLanes({lane_});
  ASSERT_TRUE(Eventually([&] { return journal_->shard_stats().dead == 2; }));
  EXPECT_TRUE(Eventually([&] { return journal_->shard_stats().floor == 3; })) << "nobody is behind";
  EXPECT_EQ(Query("SELECT count(*) FROM dead WHERE outcome = 13"), 2);
  EXPECT_EQ(Query("SELECT count(*) FROM parked"), 1);
  EXPECT_NE(OpenLane("one").lane, lane_);

  // A settlement that was under way when it was closed.
  Settlement late;
  late.parked = {{lane_, At(5), 3, 1}};
  late.cursors = {{lane_, 1}};
  Settle(late);
  EXPECT_EQ(journal_->shard_stats().dead, 3u);
  EXPECT_EQ(Query("SELECT count(*) FROM parked"), 1);
  EXPECT_EQ(Query("SELECT count(*) FROM lanes WHERE cursor IS NOT NULL"), 0);
}

TEST_F(ParkedTest, SeveralLanesAreClosedOneAfterAnother) {
  Start(3);
  const LaneId two = OpenLane("two").lane;
  Settlement settlement;
  settlement.parked = {{lane_, At(1), 1, 1}, {two, At(1), 2, 1}};
  Settle(settlement);
  CloseLanes({lane_, two});
  EXPECT_TRUE(Eventually([&] { return journal_->shard_stats().dead == 2; }));
  EXPECT_EQ(Query("SELECT count(*) FROM parked"), 0);
}

TEST_F(ParkedTest, ANameThatComesBackWhileItsLaneIsClosedGetsANewOne) {
  Start(1);
  LaneId before = lane_;
  for (int i = 0; i < 50; ++i) {
    CloseLanes({before});
    const LaneId after = OpenLane("one").lane;
    ASSERT_NE(after, before) << i;
    before = after;
  }
}

TEST_F(ParkedTest, ClosingGoesOnInStepsAndAfterARestart) {
  Start(1);
  Settlement settlement;
  for (int i = 0; i < 25'000; ++i) settlement.parked.push_back({lane_, At(i), 1u + i, 1});
  Settle(settlement);
  ASSERT_TRUE(TakeOut({{"acme", "one"}}).ok());
  Reopen();
  const std::vector<RetiredLane> left = RetireUnopened();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_TRUE(left[0].taken_out);
  EXPECT_EQ(left[0].parked, 25'000u) << "told before a step was taken";
  ASSERT_TRUE(Eventually([&] { return journal_->shard_stats().dead == 25'000; }));
  EXPECT_EQ(Query("SELECT count(*) FROM parked"), 0);
  ASSERT_TRUE(Eventually([&] { return Query("SELECT closed FROM lanes") == 2; }));
  Reopen();
  EXPECT_TRUE(RetireUnopened().empty()) << "told again";
}

TEST_F(ParkedTest, WhatWasTakenOutStartsAnewAfterACrash) {
  OpenFirst(3);
  const LaneId stays = OpenLane("two").lane;
  Settlement settlement;
  settlement.parked = {{lane_, At(1), 1, 1}};
  settlement.cursors = {{lane_, 2}};
  Settle(settlement);
  ASSERT_TRUE(TakeOut({{"acme", "one"}, {"acme", "nobody"}}).ok());
  // What becomes of it until it is closed is written, as far as it concerns events.
  settlement = {};
  settlement.parked = {{lane_, At(1), 2, 1}};
  settlement.cursors = {{lane_, 3}};
  Settle(settlement);
  Reopen();
  const LaneState again = OpenLane("one");
  EXPECT_NE(again.lane, lane_);
  EXPECT_EQ(again.since, 4u);
  EXPECT_EQ(again.parked, 0u);
  EXPECT_FALSE(again.cursor);
  EXPECT_EQ(OpenLane("two").lane, stays);
  const std::vector<RetiredLane> left = RetireUnopened();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].name, (LaneName{"acme", "one"}));
  EXPECT_TRUE(left[0].taken_out);
  EXPECT_EQ(left[0].parked, 2u);
  EXPECT_EQ(left[0].from, 2u) << "its cursor when it was taken out";
  EXPECT_EQ(left[0].last, 3u);
  ASSERT_TRUE(Eventually([&] { return journal_->shard_stats().dead == 2; }));
  AppendOne("e4");
  EXPECT_EQ(OpenLane("one").lane, again.lane) << "the new one stays open";
}

TEST_F(ParkedTest, WhatWasFoundUnopenedStartsAnewAfterACrash) {
  OpenFirst(3);
  Settlement settlement;
  settlement.parked = {{lane_, At(1), 1, 1}};
  Settle(settlement);
  Reopen();
  EXPECT_EQ(RetireUnopened().size(), 1u);
  EXPECT_GT(Query("SELECT closed FROM lanes"), 0) << "durable before it is told";
  Reopen();
  EXPECT_NE(OpenLane("one").lane, lane_);
}

class FullDiskMarkTest : public ParkedTest {
 protected:
  FullDiskMarkTest() { options_.vfs = FaultyDisk::kName; }
  ~FullDiskMarkTest() override { Close(); }
  FaultyDisk disk_;
};

TEST_F(FullDiskMarkTest, TheMarkIsWrittenWithWhateverIsWrittenNext) {
  OpenFirst(3);
  disk_.full = true;
  ASSERT_TRUE(TakeOut({{"acme", "one"}}).ok()) << "it waits for room";
  EXPECT_EQ(OpenLanes({{"acme", "one"}}).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Query("SELECT closed FROM lanes"), 0);
  disk_.full = false;
  SettleUpTo(3);
  EXPECT_EQ(Query("SELECT closed FROM lanes"), 1) << "no outcome is durable without it";
  EXPECT_NE(OpenLane("one").lane, lane_);
}

TEST_F(FullDiskMarkTest, TheMarkIsWrittenWhenNothingElseIs) {
  OpenFirst(3);
  disk_.full = true;
  ASSERT_TRUE(TakeOut({{"acme", "one"}}).ok());
  disk_.full = false;
  ASSERT_TRUE(Eventually([&] { return Query("SELECT closed FROM lanes") == 1; }));
}

TEST_F(FullDiskMarkTest, SoAreThoseOfWhatNobodyOpened) {
  OpenFirst(3);
  Reopen();
  disk_.full = true;
  EXPECT_EQ(RetireUnopened().size(), 1u);
  EXPECT_EQ(Query("SELECT closed FROM lanes"), 0);
  disk_.full = false;
  SettleUpTo(3);
  EXPECT_GT(Query("SELECT closed FROM lanes"), 0);
}

TEST_F(ParkedTest, AfterTheEndMarksAreRefused) {
  Start(1);
  journal_->Stop();
  EXPECT_EQ(TakeOut({{"acme", "one"}}).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ListLanes().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(RetireLanes({lane_}).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ParkedTest, OfALaneThatNobodyOpensAnyMoreBatchesCountAndMarksDoNot) {
  Start(6);
  Settlement settlement;
  settlement.watermark = 6;
  settlement.parked = {{lane_, At(1), 1, 1, 0, {{2, 0}, {3, 0}}},
                       {lane_, Due::Held(7), 4, 0, 7},
                       {lane_, Due::Stuck(), 5, 0, 7}};
  Settle(settlement);
  Reopen();
  const std::vector<RetiredLane> left = RetireUnopened();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].parked, 4u);
  EXPECT_GT(left[0].from, left[0].last) << "all was settled";
  ASSERT_TRUE(Eventually([&] { return journal_->shard_stats().dead == 4; })) << "so many died";
}

TEST_F(ParkedTest, WhatALaneThatNobodyOpensAnyMoreHadNotGotIsTold) {
  Start(2);
  ASSERT_TRUE(Append({"e3", "e4", "e5", "e6", "e7"}).ok());
  Settlement settlement;
  settlement.watermark = 6;
  settlement.cursors = {{lane_, 4}};
  settlement.attempts = {{4, lane_}, {7, lane_}};
  for (AttemptRow& row : settlement.attempts) row.started = clock_.Wall();
  Settle(settlement);
  Reopen();
  const std::vector<RetiredLane> left = RetireUnopened();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].parked, 0u);
  EXPECT_EQ(left[0].from, 5u) << "its cursor stood at 4, which was settled";
  EXPECT_EQ(left[0].last, 6u) << "the last was settled";
}

TEST_F(ParkedTest, ALaneThatHadNothingLeftIsNotTold) {
  Start(2);
  SettleUpTo(2);
  Reopen();
  EXPECT_TRUE(RetireUnopened().empty());
}

TEST_F(ParkedTest, ALaneThatNobodyOpensAnyMoreIsClosed) {
  Start(2);
  const LaneId stays = OpenLane("two").lane;
  Settlement settlement;
  settlement.watermark = 2;
  settlement.parked = {{lane_, At(1), 1, 1}, {stays, At(1), 1, 1}};
  settlement.cursors = {{lane_, 2}};
  Settle(settlement);
  Reopen();
  EXPECT_EQ(OpenLane("two").lane, stays);
  const std::vector<RetiredLane> left = RetireUnopened();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].name, (LaneName{"acme", "one"}));
  EXPECT_EQ(left[0].parked, 1u);
  EXPECT_GT(left[0].from, left[0].last) << "it came after all events";
  ASSERT_TRUE(Eventually([&] { return journal_->shard_stats().dead == 1; }));
  EXPECT_EQ(Query("SELECT count(*) FROM parked"), 1);
  EXPECT_EQ(Query("SELECT count(*) FROM lanes WHERE cursor IS NOT NULL"), 0);
  EXPECT_NE(OpenLane("one").lane, lane_);
}

TEST_F(RetentionTest, RemovesWhatIsSettledAndOldAndLeavesTheRest) {
  Fill(6);
  Settlement settlement;
  settlement.watermark = 5;
  settlement.parked = {{lane_, At(100'000), 3, 1}};
  settlement.attempts = {{1, lane_}, {2, lane_}};
  settlement.attempts[0].started = settlement.attempts[1].started = clock_.Wall();
  settlement.dead = {{lane_, 1, 1, model::Outcome::kDns, clock_.Wall()}};
  Settle(settlement);
  clock_.Advance(hours(73));
  ASSERT_TRUE(Left({3, 6}));
  ASSERT_TRUE(Eventually([&] { return journal_->shard_stats().dead == 0; }));
  EXPECT_EQ(Read(1).at(0)->id(), "e3");
  EXPECT_EQ(TakeDue(lane_, At(200'000)).due.at(0).event->id(), "e3");

  Settlement gone;
  gone.unparked = {{lane_, At(100'000 - 73 * 3600), 3}};
  gone.watermark = 6;
  Settle(gone);
  ASSERT_TRUE(Left({}));
  ASSERT_TRUE(Eventually([&] { return Query("SELECT count(*) FROM attempt_log") == 0; }));
  // Positions are never used again, whatever was removed.
  Reopen();
  EXPECT_EQ(journal_->recovered().last_position, 6u);
  EXPECT_EQ(AppendOne("next"), 7u);
  ASSERT_EQ(Read(1).size(), 1u);
}

TEST_F(RetentionTest, AttemptsThatAStartNeedsStayHoweverOld) {
  Fill(2);
  Settlement settlement;
  settlement.attempts = {{2, lane_}};
  settlement.attempts[0].started = clock_.Wall();
  settlement.dead = {{lane_ + 1, 1, 1, model::Outcome::kDns, clock_.Wall()}};
  settlement.watermark = 1;
  Settle(settlement);
  clock_.Advance(hours(73));
  ASSERT_TRUE(Eventually([&] { return journal_->shard_stats().dead == 0; })) << "it was looked for";
  EXPECT_EQ(Query("SELECT count(*) FROM attempt_log"), 1);
}

TEST_F(RetentionTest, WhatALaneBehindStillNeedsStays) {
  Fill(4);
  Settlement settlement;
  settlement.watermark = 4;
  settlement.cursors = {{lane_, 3}};
  Settle(settlement);
  EXPECT_EQ(journal_->shard_stats().watermark, 4u);
  EXPECT_EQ(journal_->shard_stats().floor, 2u);
  clock_.Advance(hours(73));
  ASSERT_TRUE(Left({3, 4}));
  Reopen();
  // Something was removed after the restart: the housekeeping has been by.
  settlement.cursors = {{lane_, 4}};
  Settle(settlement);
  ASSERT_TRUE(Left({4}));
}

TEST_F(RetentionTest, RemovesTheOldestWhileThereIsTooMuch) {
  options_.retention_bytes = 5000;
  Fill(10);
  EXPECT_EQ(Positions().size(), 10u);  // none is settled
  SettleUpTo(9);
  ASSERT_TRUE(Eventually([&] { return Positions().size() == 4; }));
  EXPECT_EQ(Positions().front(), 7u);
  // The count of bytes is right after a restart too.
  Reopen();
  AppendOne("more", 1000);
  SettleUpTo(11);
  ASSERT_TRUE(Left({8, 9, 10, 11}));
}

TEST_F(RetentionTest, WhatIsAttemptedAfterAllAttemptsLeftIsKnownAtTheNextStart) {
  Fill(2);
  Settlement settlement;
  settlement.watermark = 1;
  settlement.attempts = {{1, lane_}};
  settlement.attempts[0].started = clock_.Wall();
  Settle(settlement);
  SettleUpTo(1);  // from here on nobody needs it
  clock_.Advance(hours(73));
  ASSERT_TRUE(Eventually([&] { return Query("SELECT count(*) FROM attempt_log") == 0; }));
  Reopen();
  settlement.attempts[0].position = 2;
  settlement.attempts[0].settles = true;
  Settle(settlement);
  Reopen();
  EXPECT_TRUE(WasSettled(2, lane_));
}

TEST_F(RetentionTest, WhatCameAfterTheLastSettlementCountsAfterAStart) {
  options_.retention_bytes = 5000;
  Fill(10);
  Reopen();
  SettleUpTo(9);
  EXPECT_TRUE(Left({7, 8, 9, 10}));
}

TEST_F(RetentionTest, TheOldestGoesFirstAttemptsAsWellAsEvents) {
  options_.retention_bytes = 5000;
  Open();
  AppendOne("a");
  Settlement settlement;
  settlement.watermark = 1;
  settlement.attempts.resize(100, {1, lane_});
  for (AttemptRow& row : settlement.attempts) row.started = clock_.Wall();
  Settle(settlement);
  clock_.Advance(hours(1));
  AppendOne("b", 2000);
  AppendOne("c", 2000);
  SettleUpTo(3);
  ASSERT_TRUE(Eventually([&] { return Query("SELECT count(*) FROM attempt_log") == 0; }));
  EXPECT_TRUE(Left({2, 3})) << "without the attempts the rest has room";
}

TEST_F(RetentionTest, RememberedIdsOutliveTheirEvents) {
  options_.retention_age = seconds(10);
  Fill(3);
  SettleUpTo(3);
  clock_.Advance(hours(1));
  ASSERT_TRUE(Left({}));
  Reopen();
  const auto again = Append({"e2"});
  EXPECT_TRUE(again->at(0).duplicate);
  EXPECT_EQ(again->at(0).position, 2u);
  clock_.Advance(hours(24));
  AppendOne("new");
  ASSERT_TRUE(Eventually([&] { return Query("SELECT count(*) FROM ids") == 1; }));
}

TEST_F(RetentionTest, TheWriteAheadFileStaysBounded) {
  Open();
  for (int i = 0; i < 150; ++i) {
    std::vector<std::string> ids;
    for (int j = 0; j < 10; ++j) ids.push_back(std::to_string(i) + "-" + std::to_string(j));
    ASSERT_TRUE(Append(ids, 100'000).ok());
  }
  // 150 MB went through it.
  EXPECT_GT(journal_->log_stats().last_position, 0u);
  EXPECT_LE(WalBytes(), 110u << 20);
}

}  // namespace
}  // namespace carillon::journal
