// What the journal tells of itself: syncs, what goes wrong, why it takes no events.

#include <future>
#include <utility>

#include "carillon/store/refusal.h"
#include "faulty_disk.h"
#include "support.h"

namespace carillon::journal {
namespace {

using absl::StatusCode;

TEST_F(JournalTest, EachCommitTellsItsSync) {
  Open();
  AppendOne("a");
  const int before = syncs_;
  for (int i = 0; i < 20; ++i) AppendOne("b" + std::to_string(i));
  EXPECT_GE(syncs_, before + 20);
  EXPECT_LE(syncs_, before + 25);  // no other of what the journal's threads sync
  Close();
  EXPECT_TRUE(errors_.empty());
}

class JournalFigures : public JournalTest {
 protected:
  JournalFigures() { options_.vfs = FaultyDisk::kName; }
  ~JournalFigures() override { Close(); }
  FaultyDisk disk_;
};

TEST_F(JournalFigures, AFullDiskIsAnErrorOfWriting) {
  Open();
  AppendOne("a");
  disk_.full = true;
  const auto refused = Append({"b"});
  EXPECT_EQ(RefusalOf(refused.status()), Refusal::kFull);
  EXPECT_EQ(Errors(Operation::kWrite, StatusCode::kResourceExhausted), 1u);
  EXPECT_EQ(RefusalOf(Append({"c"}).status()), Refusal::kFull) << "at the door";
  EXPECT_EQ(Errors(Operation::kWrite, StatusCode::kResourceExhausted), 1u);
  disk_.full = false;
  EXPECT_TRUE(Eventually([&] { return Append({"d"}).ok(); }));
  EXPECT_EQ(Errors(Operation::kWrite, StatusCode::kUnavailable), 0u);
}

TEST_F(JournalFigures, AFailedSyncIsAnErrorOfWritingAndTheJournalFailed) {
  Open();
  AppendOne("a");
  const int before = syncs_;
  disk_.fail_sync = true;
  EXPECT_EQ(RefusalOf(Append({"b"}).status()), Refusal::kFailed);
  ASSERT_TRUE(Eventually([&] { return fatal_ == 1; }));
  EXPECT_EQ(Errors(Operation::kWrite, StatusCode::kUnavailable), 1u);
  EXPECT_EQ(syncs_, before) << "a sync that failed has no time";
  EXPECT_EQ(RefusalOf(Append({"c"}).status()), Refusal::kFailed);
}

TEST_F(JournalFigures, WhatIsNotWrittenSinceTheJournalFailedIsNoErrorOfWriting) {
  options_.housekeeping_interval = std::chrono::hours(1);
  Open();
  AppendOne("a");
  Execute("DROP TABLE parked");
  disk_.hold_sync = true;
  auto appended = std::async(std::launch::async, [this] { return Append({"b"}); });
  EXPECT_TRUE(Eventually([&] { return disk_.syncs_held > 0; }));
  TakeDue(1, clock_.Wall());  // fails, and the journal with it
  disk_.fail_sync = true;
  disk_.hold_sync = false;
  EXPECT_EQ(RefusalOf(appended.get().status()), Refusal::kFailed);
  EXPECT_TRUE(Eventually([&] { return fatal_ == 1; }));
  EXPECT_EQ(Errors(Operation::kRead, StatusCode::kUnavailable), 1u);
  EXPECT_EQ(Errors(Operation::kWrite, StatusCode::kUnavailable), 0u);
}

TEST_F(JournalTest, AFileThatIsTakenAwayIsAnErrorOfTheFiles) {
  Open();
  AppendOne("a");
  const std::string away = options_.data_dir + "/away";
  ASSERT_EQ(rename(DatabaseFile().c_str(), away.c_str()), 0);
  ASSERT_TRUE(Eventually([&] { return fatal_ == 1; }));
  EXPECT_GE(Errors(Operation::kFiles, StatusCode::kUnavailable), 1u);
  Close();
}

TEST_F(JournalFigures, ACheckpointWithoutRoomIsAnErrorThatEndsNothing) {
  Open();
  disk_.full_database = true;
  AppendOne("a");
  const auto errors = [&] {
    return Errors(Operation::kCheckpoint, StatusCode::kResourceExhausted);
  };
  ASSERT_TRUE(Eventually([&] { return errors() > 0; }));
  AppendOne("b");
  EXPECT_EQ(fatal_, 0);
  disk_.full_database = false;
  Close();
  EXPECT_EQ(Errors(Operation::kWrite, StatusCode::kResourceExhausted), 0u);
}

TEST_F(JournalFigures, ACheckpointWhoseSyncFailsEndsTheJournal) {
  Open();
  disk_.fail_sync_of_database = true;
  AppendOne("a");
  ASSERT_TRUE(Eventually([&] { return fatal_ == 1; })) << "what it copied may be lost";
  EXPECT_EQ(Errors(Operation::kCheckpoint, StatusCode::kUnavailable), 1u);
  EXPECT_EQ(RefusalOf(Append({"b"}).status()), Refusal::kFailed);
  disk_.fail_sync_of_database = false;
  Close();
}

class BrokenTable : public JournalTest {
 protected:
  /// Takes a table away that is used.
  void Break(const std::string& table) {
    Open();
    AppendOne("a");
    Execute("DROP TABLE " + table);
  }
  void ExpectErrorOf(Operation operation) {
    ASSERT_TRUE(Eventually([&] { return fatal_ == 1; }));
    EXPECT_GE(Errors(operation, StatusCode::kUnavailable), 1u);
    Close();
  }
};

TEST_F(BrokenTable, WhatCannotBeReadIsAnErrorOfReading) {
  options_.housekeeping_interval = std::chrono::hours(1);
  Break("parked");
  TakeDue(1, clock_.Wall());
  ExpectErrorOf(Operation::kRead);
}

TEST_F(BrokenTable, SoAreLanesThatCannotBeClosed) {
  options_.housekeeping_interval = std::chrono::hours(1);
  Break("lanes");
  EXPECT_EQ(ListLanes().status().code(), StatusCode::kUnavailable);
  ExpectErrorOf(Operation::kRead);
}

TEST_F(BrokenTable, SoAreLanesThatCannotBeTakenOut) {
  options_.housekeeping_interval = std::chrono::hours(1);
  Break("lanes");
  std::promise<absl::Status> done;
  journal_->TakeOut({{.shard = 0, .epoch = shards_[0].epoch, .names = {{"acme", "one"}}}},
                    [&done](absl::Status s) { done.set_value(std::move(s)); });
  EXPECT_EQ(done.get_future().get().code(), StatusCode::kUnavailable);
  ExpectErrorOf(Operation::kRead);
}

TEST_F(BrokenTable, WhatRetentionCannotLookForIsAnErrorOfRetention) {
  Break("dead");
  ExpectErrorOf(Operation::kRetention);
}

TEST_F(JournalTest, ARefusalSaysWhy) {
  options_.max_waiting_bytes = 1;
  Open();
  EXPECT_EQ(RefusalOf(Append({"a"}).status()), Refusal::kWaiting);
  journal_->Stop();
  EXPECT_EQ(RefusalOf(Append({"a"}).status()), Refusal::kStopping);
  EXPECT_FALSE(RefusalOf(absl::OkStatus()));
  EXPECT_FALSE(RefusalOf(absl::ResourceExhaustedError("of somebody else")));
  Close();
}

TEST_F(JournalTest, TheDiskUnderItsMarkIsFull) {
  options_.min_free_bytes = UINT64_MAX;
  Open();
  EXPECT_EQ(RefusalOf(Append({"a"}).status()), Refusal::kFull);
  EXPECT_TRUE(errors_.empty()) << "nothing went wrong";
}

}  // namespace
}  // namespace carillon::journal
