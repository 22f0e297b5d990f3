// What is there again after a restart, and what is refused.

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "support.h"

namespace carillon::journal {
namespace {

using testing::HasSubstr;

AttemptRow Attempt(uint64_t position, LaneId lane, bool settles = true) {
  AttemptRow row;
  row.position = position;
  row.lane = lane;
  row.settles = settles;
  return row;
}

TEST_F(JournalTest, AnEmptyJournalIsEmptyAgain) {
  Open();
  EXPECT_EQ(journal_->recovered().last_position, 0u);
  Reopen();
  EXPECT_EQ(journal_->recovered().last_position, 0u);
  EXPECT_EQ(AppendOne("a"), 1u);
}

TEST_F(JournalTest, RecoversPositionsWatermarkAndSettledAttempts) {
  Open();
  ASSERT_TRUE(Append({"a", "b", "c", "d"}).ok());
  Settlement settlement;
  settlement.watermark = 2;
  settlement.attempts = {Attempt(2, 7), Attempt(4, 7), Attempt(3, 7, false)};
  Settle(settlement);
  EXPECT_EQ(journal_->shard_stats().watermark, 2u);
  EXPECT_FALSE(WasSettled(4, 7));  // known from the start only
  Reopen();
  EXPECT_EQ(journal_->recovered().watermark, 2u);
  EXPECT_EQ(journal_->recovered().last_position, 4u);
  EXPECT_TRUE(WasSettled(4, 7));
  EXPECT_FALSE(WasSettled(4, 8));
  EXPECT_FALSE(WasSettled(3, 7));
  EXPECT_EQ(AppendOne("e"), 5u);
}

TEST_F(JournalTest, TheWatermarkIsThatOfTheSlowestShard) {
  shard_count_ = 2;
  Open();
  Recorder other;
  journal_->AddConsumer(&other);
  ASSERT_TRUE(Append({"a", "b", "c"}).ok());
  SettleUpTo(3);
  EXPECT_EQ(journal_->shard_stats().watermark, 0u);
  Settlement second;
  second.shard = 1;
  second.watermark = 2;
  second.attempts = {Attempt(1, 7)};
  Settle(second);
  EXPECT_EQ(journal_->shard_stats().watermark, 2u);
  EXPECT_EQ(Query("SELECT count(*) FROM attempt_log"), 1) << "written once, as its own shard's";
  EXPECT_EQ(other.Seen().size(), 3u);
}

TEST_F(JournalTest, AWatermarkAboveTheJournalIsNotTaken) {
  Open();
  AppendOne("a");
  SettleUpTo(1000);
  EXPECT_EQ(journal_->shard_stats().watermark, 1u);
  Reopen();
  EXPECT_EQ(AppendOne("b"), 2u);
}

TEST_F(JournalTest, RecoversCursorsAndWhatFellBehindHadSettled) {
  Open();
  const LaneId slow = OpenLane("slow").lane;
  ASSERT_TRUE(Append({"a", "b", "c", "d"}).ok());
  Settlement settlement;
  settlement.watermark = 4;
  settlement.cursors = {{slow, 2}};
  settlement.attempts = {Attempt(3, slow), Attempt(1, slow), Attempt(3, slow + 1)};
  Settle(settlement);
  Reopen();
  const LaneState lane = OpenLane("slow");
  EXPECT_EQ(lane.lane, slow);
  EXPECT_EQ(lane.cursor, 2u);
  EXPECT_EQ(lane.since, 1u);
  EXPECT_TRUE(WasSettled(3, slow));
  EXPECT_FALSE(WasSettled(1, slow));      // below its cursor
  EXPECT_FALSE(WasSettled(3, slow + 1));  // below the watermark, which counts for it
  Settlement caught_up;
  caught_up.watermark = 4;
  caught_up.cursors = {{slow, std::nullopt}};
  Settle(caught_up);
  Reopen();
  EXPECT_FALSE(OpenLane("slow").cursor.has_value());
}

TEST_F(JournalTest, AStartDoesNotReadTheWholeAttemptLog) {
  Open();
  const LaneId lane = OpenLane("one").lane;
  for (uint64_t i = 1; i <= 20; ++i) {
    AppendOne("e" + std::to_string(i));
    Settlement settlement;
    settlement.watermark = i - 1;
    settlement.attempts = {Attempt(i, lane)};
    settlement.attempts[0].started = clock_.Wall();
    Settle(settlement);
  }
  EXPECT_EQ(Query("SELECT count(*) FROM attempt_log"), 20);
  EXPECT_GE(Query("SELECT attempt_floor FROM state"), 19);
  Reopen();
  EXPECT_TRUE(WasSettled(20, lane));
}

TEST_F(JournalTest, NewLanesWantEventsFromTheNextOn) {
  Open();
  ASSERT_TRUE(Append({"a", "b"}).ok());
  const auto lanes = OpenLanes({{"acme", "x"}, {"acme", "y"}, {"other", "x"}});
  ASSERT_TRUE(lanes.ok());
  EXPECT_EQ(lanes->at(0).since, 3u);
  EXPECT_NE(lanes->at(0).lane, lanes->at(1).lane);
  EXPECT_NE(lanes->at(0).lane, lanes->at(2).lane);
  AppendOne("c");
  Reopen();
  EXPECT_EQ(OpenLane("x").lane, lanes->at(0).lane);
  EXPECT_EQ(OpenLane("x").since, 3u);
  EXPECT_EQ(OpenLane("z").since, 4u);
}

TEST_F(JournalTest, OneProcessAtATime) {
  Open();
  const auto second = OpenSqliteJournal(options_, {}, clock_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(options_.data_dir));
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("in use"));
}

TEST_F(JournalTest, RefusesANewerSchema) {
  Open();
  Close();
  Query("SELECT 1");
  std::fstream file(DatabaseFile(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(60);  // user_version in the header of a SQLite file, big-endian
  file.write("\0\0\0\x63", 4);
  file.close();
  const absl::Status status = TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("newer version"));
}

/// Changes one byte of the first place in the file where `text` stands.
void Damage(const std::string& path, const std::string& text) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  in.close();
  const size_t at = bytes.find(text);
  ASSERT_NE(at, std::string::npos);
  bytes[at + 1] ^= 0x20;
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST_F(JournalTest, RefusesDamagedEventsThatAreStillToBeDelivered) {
  Open();
  AppendOne("precious", 500);
  Close();
  Damage(DatabaseFile(), "precious.precious");
  const absl::Status status = TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("restore the folder from a backup"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("events 1 to 1"));
}

TEST_F(JournalTest, DamageFoundWhileReadingEndsWriting) {
  Open();
  AppendOne("precious", 500);
  SettleUpTo(1);
  Close();
  Damage(DatabaseFile(), "precious.precious");
  Open();  // settled: not looked at
  EXPECT_TRUE(Read(1).empty());
  ASSERT_TRUE(Eventually([&] { return fatal_ == 1; }));
  EXPECT_EQ(fatal_status_.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Errors(Operation::kRead, absl::StatusCode::kDataLoss), 1u);
  EXPECT_EQ(Append({"b"}).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(JournalTest, RefusesAFileThatIsNoDatabase) {
  std::ofstream(DatabaseFile()) << std::string(8192, 'x');
  const absl::Status status = TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
}

TEST_F(JournalTest, RefusesMissingEvents) {
  Open();
  for (int i = 0; i < 5; ++i) AppendOne("e" + std::to_string(i));
  SettleUpTo(1);
  Query("DELETE FROM journal WHERE first_position = 3 RETURNING 1");
  Close();
  const absl::Status status = TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("missing"));
}

TEST_F(JournalTest, RefusesMissingLastEvents) {
  Open();
  for (int i = 0; i < 5; ++i) AppendOne("e" + std::to_string(i));
  SettleUpTo(1);
  Query("DELETE FROM journal WHERE first_position = 5 RETURNING 1");
  Close();
  EXPECT_EQ(TryOpen().code(), absl::StatusCode::kDataLoss);
}

TEST_F(JournalTest, RefusesMissingEventsThatCameAfterTheLastSettlement) {
  Open();
  AppendOne("settled");
  SettleUpTo(1);
  for (int i = 0; i < 4; ++i) AppendOne("e" + std::to_string(i));
  Query("DELETE FROM journal WHERE first_position = 3 RETURNING 1");
  Close();
  EXPECT_THAT(std::string(TryOpen().message()), HasSubstr("missing after position 2"));
}

TEST_F(JournalTest, RefusesDamagedAttemptsThatAStartNeeds) {
  Open();
  AppendOne("a");
  Settlement settlement;
  settlement.attempts = {Attempt(1, 7)};
  Settle(settlement);
  Close();
  Execute("UPDATE attempt_log SET rows = zeroblob(length(rows))");
  const absl::Status status = TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("attempt log"));
}

TEST_F(JournalTest, RefusesAWatermarkAboveItsEvents) {
  Open();
  AppendOne("a");
  SettleUpTo(1);
  Close();
  Execute("UPDATE state SET watermark = 2");
  const absl::Status status = TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("watermark"));
}

TEST_F(JournalTest, AFolderThatCannotBeMadeIsNamed) {
  std::ofstream(options_.data_dir + "/file") << "x";
  const std::string folder = options_.data_dir;
  options_.data_dir = folder + "/file/below";
  const absl::Status status = TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(options_.data_dir));
  options_.data_dir = folder;
}

}  // namespace
}  // namespace carillon::journal
