// What an attempt log promises: every row once, in order, over pages and restarts.

#include "store_test.h"

namespace carillon::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Row = std::pair<uint64_t, uint32_t>;  // position, number

TEST_P(StoreTest, AttemptsThatWereSettledAreThereWhenItWasAnswered) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const uint64_t a = AppendOne("a");
  EXPECT_THAT(AllAttempts(), IsEmpty());
  Settlement settlement;
  settlement.attempts = {Attempt(lane, a, model::Outcome::kConnectTimeout)};
  settlement.attempts[0].http_status = 503;
  settlement.attempts[0].duration_us = 1'234'567;
  settlement.parked = {{.lane = lane, .due = At(60), .position = a, .attempts = 1}};
  const AttemptRow asked = settlement.attempts[0];
  Settle(std::move(settlement));
  const auto page = ReadAttempts(0);
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->rows.size(), 1u);
  const AttemptRow& row = page->rows[0];
  EXPECT_EQ(row.position, a);
  EXPECT_EQ(row.lane, lane);
  EXPECT_EQ(row.number, 1u);
  EXPECT_EQ(row.outcome, model::Outcome::kConnectTimeout);
  EXPECT_EQ(row.http_status, 503);
  EXPECT_EQ(row.duration_us, 1'234'567u);
  EXPECT_EQ(row.started, asked.started);
  EXPECT_TRUE(row.settles);
  EXPECT_FALSE(page->more);
}

TEST_P(StoreTest, EachAttemptIsReadOnceInItsOrder) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const auto at = AppendSome(5);
  Try(lane, at[0], 1, false);
  Try(lane, at[1], 1, true);
  Try(lane, at[0], 2, false);
  Try(lane, at[2], 1, true);
  const std::vector<Row> first{{at[0], 1}, {at[1], 1}, {at[0], 2}, {at[2], 1}};
  for (const size_t limit : {1u, 2u, 3u, 100u}) EXPECT_EQ(AllAttempts(0, limit), first) << limit;
  uint64_t through = 0;
  for (auto next = ReadAttempts(0, 1); !next->rows.empty(); next = ReadAttempts(through, 1)) {
    through = next->through;
  }
  Try(lane, at[0], 3, true);
  EXPECT_THAT(AllAttempts(through), ElementsAre(Row{at[0], 3}))
      << "what is settled later comes later";
}

TEST_P(StoreTest, PlacesOfAttemptsHoldOverRestarts) {
  Start();
  const LaneId lane = OpenLane("one").lane;
  const auto at = AppendSome(3);
  Try(lane, at[0], 1, true);
  uint64_t through = 0;
  for (auto next = ReadAttempts(0, 1); !next->rows.empty(); next = ReadAttempts(through, 1)) {
    through = next->through;
  }
  Restart();
  EXPECT_THAT(AllAttempts(through), IsEmpty());
  EXPECT_THAT(AllAttempts(), ElementsAre(Row{at[0], 1}));
  ASSERT_EQ(OpenLane("one").lane, lane);
  Try(lane, at[1], 1, true);
  EXPECT_THAT(AllAttempts(through), ElementsAre(Row{at[1], 1}));
}

TEST_P(StoreTest, ShardsShareOneAttemptLog) {
  Start(2);
  const LaneId lane = OpenLane("one").lane;
  const auto at = AppendSome(2);
  Try(lane, at[0], 1, true);
  Settlement other;
  other.shard = 1;
  Settle(std::move(other));
  Try(lane, at[1], 1, true);
  EXPECT_THAT(AllAttempts(), ElementsAre(Row{at[0], 1}, Row{at[1], 1}));
}

TEST_P(StoreTest, ALimitOfAttemptsHasBounds) {
  Start();
  EXPECT_EQ(ReadAttempts(0, 0).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadAttempts(0, AttemptLog::kMaxRows + 1).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(ReadAttempts(0, AttemptLog::kMaxRows).ok());
}

}  // namespace
}  // namespace carillon::store
