// What the journal tells of itself: syncs, what goes wrong, why it takes no events.

#include "carillon/journal/refusal.h"
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
  EXPECT_EQ(RefusalOf(refused.status()), Refusal::kDiskFull);
  EXPECT_EQ(Errors(Operation::kWrite, StatusCode::kResourceExhausted), 1u);
  EXPECT_EQ(RefusalOf(Append({"c"}).status()), Refusal::kDiskFull) << "at the door";
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

TEST_F(JournalTest, AFileThatIsTakenAwayIsAnErrorOfTheFiles) {
  Open();
  AppendOne("a");
  const std::string away = options_.data_dir + "/away";
  ASSERT_EQ(rename(DatabaseFile().c_str(), away.c_str()), 0);
  ASSERT_TRUE(Eventually([&] { return fatal_ == 1; }));
  EXPECT_GE(Errors(Operation::kFiles, StatusCode::kUnavailable), 1u);
  Close();
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
  EXPECT_EQ(RefusalOf(Append({"a"}).status()), Refusal::kDiskFull);
  EXPECT_TRUE(errors_.empty()) << "nothing went wrong";
}

}  // namespace
}  // namespace carillon::journal
